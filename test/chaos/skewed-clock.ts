// Imported before a program: its clock is off by STARGATE_TEST_SKEW_MS.
const skewMs = Number(process.env["STARGATE_TEST_SKEW_MS"] ?? "0");
const RealDate = Date;

function construct(_target: DateConstructor, args: readonly unknown[], newTarget: object): object {
  const made: unknown = Reflect.construct(
    RealDate,
    args.length === 0 ? [RealDate.now() + skewMs] : args,
    newTarget === globalThis.Date ? RealDate : Object(newTarget),
  );
  return Object(made);
}

globalThis.Date = new Proxy(RealDate, {
  construct,
  get: (target, key): unknown =>
    key === "now" ? (): number => RealDate.now() + skewMs : Reflect.get(target, key),
});
