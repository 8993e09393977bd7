/** A request on its way to a backend: try after try, and the answer to the client as it comes. */
import type { Duplex } from "node:stream";
import { cookieOf } from "../routing/choose-backend.ts";
import type { Backend, Endpoint, ForwardAction, HashSource, Route } from "../routing/model.ts";
import type { AnswerSink, BackendError, HeaderList, OutgoingRequest } from "./answer-sink.ts";
import { answerHeaders } from "./answers.ts";
import { Attempt } from "./attempt.ts";
import { stickyEndpoint, stickyValue } from "./balance.ts";
import { endpointText } from "./connect.ts";
import type { Course } from "./course.ts";
import { answeredHeaders, safeList } from "./proxy-headers.ts";

/** What nginx does not repeat without (proxy_next_upstream: non_idempotent). */
const NOT_IDEMPOTENT: ReadonlySet<string> = new Set(["POST", "LOCK", "PATCH"]);

export interface ForwardingOptions {
  readonly id: string;
  readonly backend: Backend;
  readonly request: OutgoingRequest;
  readonly action: ForwardAction;
  readonly route: Route | undefined;
}

export class Forwarding implements AnswerSink {
  readonly #course: Course;
  readonly #options: ForwardingOptions;
  readonly #tried = new Set<Endpoint>();
  #attempt: Attempt | undefined;
  #endpoint: Endpoint | undefined;
  #pause: NodeJS.Timeout | undefined;
  #tries = 0;
  /** Those of a 101. */
  #upgradeHeaders: HeaderList = [];

  constructor(course: Course, options: ForwardingOptions) {
    this.#course = course;
    this.#options = options;
  }

  next(): void {
    const { place, body, entry } = this.#course;
    const { backend, request, route } = this.#options;
    const endpoint = this.#choose();
    if (endpoint === undefined) return this.#course.refuse(503, `${this.#options.id} has no ready endpoint`);
    this.#endpoint = endpoint;
    this.#tried.add(endpoint);
    this.#tries++;
    entry.endpoint = endpointText(endpoint);
    entry.tries = this.#tries;
    const { served, addresses } = place;
    const timeouts = route?.timeouts;
    this.#attempt = new Attempt({ served, backend, endpoint, request, body, timeouts, addresses }, this);
    this.#attempt.begin();
  }

  stop(): void {
    clearTimeout(this.#pause);
    this.#attempt?.abort();
    this.#attempt = undefined;
  }

  head(status: number, headers: HeaderList): void {
    if (status === 101) {
      this.#upgradeHeaders = headers; // upgraded() follows
      return;
    }
    const { responder, entry, body } = this.#course;
    if (this.#mayRepeat() && this.#options.route?.retry?.codes.includes(status) === true && this.#again()) return;
    body.release();
    entry.status = status;
    const attempt = this.#attempt;
    if (this.#hasCustomError(status)) {
      attempt?.abort();
      if (this.#course.customError(status)) return;
      return this.#course.answer(status, "the server for error pages has no endpoint");
    }
    responder.onDrain = () => attempt?.resume();
    responder.head(status, this.#answered(headers));
  }

  data(chunk: Buffer): boolean {
    return this.#course.responder.write(chunk);
  }

  end(trailers: HeaderList): void {
    this.#course.responder.end(safeList(trailers));
    this.#course.finish();
  }

  upgraded(stream: Duplex, first: Buffer): void {
    const { responder, entry } = this.#course;
    const { upgrade } = this.#options.request;
    if (responder.upgrade === undefined || upgrade === undefined) {
      stream.destroy();
      return this.#course.refuse(502, "the backend changed to another protocol, which was not asked for");
    }
    entry.status = 101;
    responder.upgrade(
      ["Connection", "Upgrade", "Upgrade", upgrade, ...this.#answered(this.#upgradeHeaders)],
      stream,
      first,
    );
    this.#course.prolong();
    stream.once("close", () => this.#course.finish());
  }

  fail(error: BackendError): void {
    if (this.#course.over) return;
    if (this.#course.responder.begun) return this.#course.answer(502, error.message);
    const status = statusOf(error);
    const { retry } = this.#options.route ?? {};
    const wanted = error.reason === "closed" || retry?.codes.includes(status) === true;
    const isRetried = error.untouched || (wanted && this.#mayRepeat());
    if (isRetried && this.#again()) return;
    this.#course.refuse(status, error.message);
  }

  /** A backend that has seen it may see it again. */
  #mayRepeat(): boolean {
    return this.#options.route?.retry?.idempotentOnly !== true || !NOT_IDEMPOTENT.has(this.#course.routed.method);
  }

  /** True: another try is made. */
  #again(): boolean {
    const { retry } = this.#options.route ?? {};
    const { body } = this.#course;
    if (retry === undefined || this.#tries > retry.attempts || !body.replayable) return false;
    this.#attempt?.abort();
    this.#attempt = undefined;
    if (retry.backoff === undefined) this.next();
    else this.#pause = setTimeout(() => this.next(), retry.backoff);
    return true;
  }

  #hasCustomError(status: number): boolean {
    return this.#course.filters.some((one) => one.kind === "custom-errors" && one.codes.includes(status));
  }

  #choose(): Endpoint | undefined {
    const { place, routed } = this.#course;
    const { id, backend, action } = this.#options;
    const { affinity } = action;
    const value = affinity === undefined ? undefined : cookieOf(routed, affinity.cookie);
    const held = value === undefined ? undefined : stickyEndpoint(backend, value);
    if (held !== undefined && (!this.#tried.has(held) || affinity?.changeOnFailure !== true)) return held;
    const key = typeof backend.balance === "object" ? this.#hashKey(backend.balance.hash) : "";
    return place.served.balancer(id).choose(backend, key, this.#tried, Math.random);
  }

  #hashKey(source: HashSource): string {
    const { routed, entry } = this.#course;
    if (source === "client-address") return entry.client;
    if (source === "host") return routed.host;
    if (source === "path") return routed.target;
    return "header" in source
      ? (routed.headers[source.header.toLowerCase()] ?? "")
      : (cookieOf(routed, source.cookie) ?? "");
  }

  #answered(headers: HeaderList): HeaderList {
    const { filters, routed, expand } = this.#course;
    const passed = [...answeredHeaders(headers), ...this.#cookie()];
    return filters.length === 0 ? passed : safeList(answerHeaders(passed, filters, routed, expand));
  }

  #cookie(): HeaderList {
    const { affinity } = this.#options.action;
    const { routed } = this.#course;
    if (affinity === undefined || this.#endpoint === undefined) return [];
    const value = stickyValue(this.#endpoint);
    if (cookieOf(routed, affinity.cookie) === value) return [];
    const secure = (affinity.secure ?? routed.tls) ? ["Secure"] : [];
    const expires = affinity.expires === undefined ? [] : [`Expires=${dateAfter(affinity.expires)}`];
    return ["set-cookie", [`${affinity.cookie}=${value}`, ...expires, ...affinity.attributes, ...secure].join("; ")];
  }
}

const dateAfter = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();

/** What a failed try is answered with. */
function statusOf({ reason }: BackendError): number {
  return reason === "timeout" || reason === "connect-timeout" ? 504 : 502;
}
