/** What a route does with a request or an answer on the way, in the order of its list (`model.ts`). */
import type { Cause } from "../cause.ts";
import type { PathChange, Redirect } from "./model.ts";

export interface HeaderValue {
  readonly name: string;
  /** May have variables (`variables.ts`) if `expands`. */
  readonly value: string;
  readonly expands?: true | undefined;
}

export type Filter =
  | {
      readonly kind: "request-headers" | "response-headers";
      readonly set?: readonly HeaderValue[] | undefined;
      readonly add?: readonly HeaderValue[] | undefined;
      readonly remove?: readonly string[] | undefined;
      readonly cause: Cause;
    }
  | {
      readonly kind: "rewrite";
      readonly hostname?: string | undefined;
      readonly path?: PathChange | undefined;
      readonly cause: Cause;
    }
  /** A copy of requests, whose answer is not waited for. */
  | {
      readonly kind: "mirror";
      readonly backend: string | undefined;
      /** Share of the requests. */
      readonly numerator: number;
      readonly denominator: number;
      readonly cause: Cause;
    }
  | {
      readonly kind: "cors";
      /** `*`, exact ones, or with one `*`: `https://*.example`. */
      readonly origins: readonly string[];
      readonly methods: readonly string[];
      readonly headers: readonly string[];
      readonly exposed: readonly string[];
      readonly credentials: boolean;
      /** Seconds. */
      readonly maxAge: number;
      /**
       * As nginx does it: a `*` stands for one label, every OPTIONS is a preflight, lists go with every answer, and `*` is answered where
       * no Origin was sent. Absent: as the Fetch standard has it, and `*` stands for one label or more.
       */
      readonly loose?: true | undefined;
      /** Status of the answer to a preflight. */
      readonly status: number;
      readonly cause: Cause;
    }
  /** Clients by their real address. `allowed`: absent, all. */
  | {
      readonly kind: "addresses";
      readonly allowed?: readonly string[] | undefined;
      readonly denied?: readonly string[] | undefined;
      readonly status: number;
      readonly cause: Cause;
    }
  /** `users`: name → crypt(5), apr1 or {SHA} hash, as htpasswd(1) writes them. Undefined: the file cannot be had, and all are answered with 503. */
  | {
      readonly kind: "basic-auth";
      readonly realm: string;
      readonly users: Readonly<Record<string, string>> | undefined;
      readonly cause: Cause;
    }
  /** Another server is asked first; 2xx passes, 401 and 403 are answered as they are, all else with 500. */
  | {
      readonly kind: "external-auth";
      readonly url: string;
      readonly method?: string | undefined;
      /** Of its answer, to the backend. */
      readonly responseHeaders: readonly string[];
      /** Where a 401 is sent, with variables: `http://$host/auth/start?rd=$scheme://$http_host$escaped_request_uri`. */
      readonly signIn?: string | undefined;
      readonly cause: Cause;
    }
  /** What nginx does instead of refusing the handshake: 400 without one that is valid, 403 where its subject does not match. */
  | {
      readonly kind: "client-certificate";
      /** False: none is needed, but one that is shown must be valid. */
      readonly required: boolean;
      /** A whole URL where clients are sent that would get 400. */
      readonly errorPage?: string | undefined;
      /** Regular expression, for a part of the subject: `CN=shop`. */
      readonly subject?: string | undefined;
      readonly cause: Cause;
    }
  /** One of them suffices. */
  | { readonly kind: "any"; readonly filters: readonly Filter[]; readonly cause: Cause }
  /** Bytes; a longer body is answered with 413. */
  | { readonly kind: "body-size"; readonly limit: number; readonly cause: Cause }
  /** Requests of one client address in a period of seconds, `burst` more at once. */
  | {
      readonly kind: "rate";
      readonly requests: number;
      readonly seconds: number;
      readonly burst: number;
      /** Networks of clients without this limit. */
      readonly exempt?: readonly string[] | undefined;
      readonly status: number;
      readonly cause: Cause;
    }
  /** Requests of one client address at a time. */
  | {
      readonly kind: "concurrency";
      readonly limit: number;
      /** Networks of clients without this limit. */
      readonly exempt?: readonly string[] | undefined;
      readonly status: number;
      readonly cause: Cause;
    }
  /**
   * Answers of the backend with these codes are replaced by what another backend says of them, asked for `/` with these headers and
   * X-Code, X-Format and X-Original-URI. No backend: by a 404 of the proxy.
   */
  | {
      readonly kind: "custom-errors";
      readonly codes: readonly number[];
      readonly backend: string | undefined;
      readonly headers: Readonly<Record<string, string>>;
      readonly cause: Cause;
    }
  /** An answer instead of the action, where the condition holds. */
  | {
      readonly kind: "redirect-if";
      /** The request came without TLS. */
      readonly plain?: true | undefined;
      /** The path is exactly this. */
      readonly path?: string | undefined;
      readonly to: Redirect;
      readonly cause: Cause;
    };
