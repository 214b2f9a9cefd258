import { createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Answer } from "../core/answer.ts";
import { ArmError } from "../core/arm-error.ts";
import type { Json } from "../core/json.ts";
import type { Settings } from "../settings.ts";

const TokenRequest = z.object({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string().optional(),
  client_assertion_type: z.literal("urn:ietf:params:oauth:client-assertion-type:jwt-bearer").optional(),
  client_assertion: z.string().optional(),
  scope: z.string().default(""),
});

const AUDIENCE = "https://management.azure.com";
const LIFE_SECONDS = 3599;

/** Microsoft Entra ID as far as a client with a secret needs it, and what ARM makes of its tokens. */
export class Tokens {
  readonly #settings: Settings;
  readonly #key = randomBytes(32);
  readonly #valid = new Set<string>();
  readonly #expired = new Set<string>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Tokens given out so far are too old from now on. */
  expireAll(): void {
    for (const token of this.#valid) this.#expired.add(token);
    this.#valid.clear();
  }

  /** Where the library learns the other addresses. */
  describe(origin: string): Answer {
    const at = `${origin}/${this.#settings.tenantId}`;
    return {
      status: 200,
      body: {
        token_endpoint: `${at}/oauth2/v2.0/token`,
        authorization_endpoint: `${at}/oauth2/v2.0/authorize`,
        end_session_endpoint: `${at}/oauth2/v2.0/logout`,
        jwks_uri: `${at}/discovery/v2.0/keys`,
        issuer: `${at}/v2.0`,
        token_endpoint_auth_methods_supported: ["client_secret_post"],
        response_types_supported: ["code"],
        subject_types_supported: ["pairwise"],
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: ["openid"],
      },
    };
  }

  /** Answers a request for a token. */
  issue(tenant: string, form: URLSearchParams): Answer {
    if (tenant !== this.#settings.tenantId) {
      return refused(400, "invalid_request", 90002, `Tenant '${tenant}' not found.`);
    }
    const request = TokenRequest.safeParse(Object.fromEntries(form));
    if (!request.success) return refused(400, "invalid_request", 900144, "The request body is incomplete.");
    const { grant_type, client_id, client_secret, client_assertion, scope } = request.data;
    if (grant_type !== "client_credentials") {
      return refused(
        400,
        "unsupported_grant_type",
        70003,
        `The grant type '${grant_type}' is not supported.`,
      );
    }
    if (client_id !== this.#settings.clientId) {
      return refused(
        400,
        "unauthorized_client",
        700016,
        `Application with identifier '${client_id}' was not found.`,
      );
    }
    if (client_assertion !== undefined && client_assertion !== this.#settings.federatedToken) {
      return refused(401, "invalid_client", 700211, "No matching federated identity record found.");
    }
    if (client_assertion === undefined && client_secret !== this.#settings.clientSecret) {
      return refused(401, "invalid_client", 7000215, "Invalid client secret provided.");
    }
    if (!scope.split(" ").includes(`${AUDIENCE}/.default`)) {
      return refused(400, "invalid_scope", 70011, `The scope '${scope}' is not valid.`);
    }
    const body: Json = {
      token_type: "Bearer",
      expires_in: LIFE_SECONDS,
      ext_expires_in: LIFE_SECONDS,
      access_token: this.issueToken(),
    };
    return { status: 200, body };
  }

  /** Answers a VM or app that has an identity of its own, as App Service does. */
  issueManaged(identityHeader: string | undefined): Answer {
    if (identityHeader !== this.#settings.identityHeader) return { status: 401, body: { statusCode: 401 } };
    const body: Json = {
      access_token: this.issueToken(),
      expires_on: String(Math.floor(Date.now() / 1000) + LIFE_SECONDS),
      resource: AUDIENCE,
      token_type: "Bearer",
      client_id: this.#settings.clientId,
    };
    return { status: 200, body };
  }

  /** A token that is good from now on: what `az` gets for whoever is logged in. */
  issueToken(): string {
    const { tenantId, clientId } = this.#settings;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      aud: AUDIENCE,
      iss: `https://sts.windows.net/${tenantId}/`,
      iat: now,
      exp: now + LIFE_SECONDS,
      appid: clientId,
      oid: clientId,
      tid: tenantId,
      uti: randomBytes(8).toString("hex"),
    };
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
    const head = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(claims)}`;
    const token = `${head}.${createHmac("sha256", this.#key).update(head).digest("base64url")}`;
    this.#valid.add(token);
    return token;
  }

  /** Throws what ARM answers to a call without a good token. */
  check(authorization: string | undefined): void {
    if (authorization === undefined) {
      throw this.#unauthorized(
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
      );
    }
    const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
    if (token !== undefined && this.#valid.has(token)) return;
    if (token !== undefined && this.#expired.has(token)) {
      throw this.#unauthorized(
        "ExpiredAuthenticationToken",
        `The access token expiry UTC time is earlier than current UTC time '${new Date().toUTCString()}'.`,
      );
    }
    throw this.#unauthorized("InvalidAuthenticationToken", "The access token is invalid.");
  }

  #unauthorized(code: string, message: string): ArmError {
    const authority = `https://login.windows.net/${this.#settings.tenantId}`;
    return new ArmError(401, code, message, {
      headers: {
        "www-authenticate": `Bearer authorization_uri="${authority}", error="invalid_token", error_description="${message}"`,
      },
    });
  }
}

function refused(status: number, error: string, code: number, description: string): Answer {
  return {
    status,
    body: { error, error_description: `AADSTS${code}: ${description}`, error_codes: [code] },
  };
}
