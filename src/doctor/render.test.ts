import assert from "node:assert/strict";
import { test } from "node:test";
import { ok, red, skipped, warning, type Area } from "./finding.ts";
import { countOf, renderFindings, renderJson } from "./render.ts";

const areas: Area[] = [
  { area: "host", findings: [ok("system", "Linux"), warning("memory", "little", "Get more.")] },
  {
    area: "MX",
    findings: [red("API server", "no answer\nat all", "Start it."), skipped("CRDs", "not asked")],
  },
];

void test("renderFindings() shows everything in a table, and below it what to do about what is not in order", () => {
  assert.equal(
    renderFindings(areas),
    [
      "AREA   CHECK        STATE     FOUND",
      "host   system       ok        Linux",
      "       memory       warning   little",
      "MX     API server   RED       no answer",
      "       CRDs         skipped   not asked",
      "",
      "warning  host, memory: little",
      "     next: Get more.",
      "",
      "RED  MX, API server: no answer\nat all",
      "     next: Start it.",
    ].join("\n"),
  );
});

void test("renderJson() says for programs whether all is in order", () => {
  assert.partialDeepStrictEqual(JSON.parse(renderJson(areas)), {
    ok: false,
    findings: [{}, {}, { area: "MX", check: "API server", state: "red", remedy: "Start it." }, {}],
  });
  assert.partialDeepStrictEqual(JSON.parse(renderJson(areas.slice(0, 1))), { ok: true });
  assert.equal(countOf(areas, "warning"), 1);
});
