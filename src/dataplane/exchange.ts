/** One request of a client: what its route says is done, and the answer given. What is to be done is decided in src/routing. */
import { randomUUID } from "node:crypto";
import { inNetworks } from "../routing/address-list.ts";
import { chooseBackend, cookieOf } from "../routing/choose-backend.ts";
import { decide, type Decision } from "../routing/decide.ts";
import { earlyAnswer } from "../routing/early-answer.ts";
import type { Filter } from "../routing/filter.ts";
import { locationOf } from "../routing/location.ts";
import type { Backend, ForwardAction, WeightedBackend } from "../routing/model.ts";
import { sentRequest } from "../routing/passage.ts";
import { believed, type RoutedRequest } from "../routing/request.ts";
import { expandVariables, type RequestFacts } from "../routing/variables.ts";
import type { HeaderList, OutgoingRequest } from "./answer-sink.ts";
import type { Course, Entered, Place } from "./course.ts";
import { errorPage } from "./error-page.ts";
import { answerHeaders, grpcAnswer, printableTarget, textAnswer } from "./answers.ts";
import { stickyEndpoint } from "./balance.ts";
import { askAuthority } from "./external-auth.ts";
import { Forwarding } from "./forwarding.ts";
import { forwardedHeaders, isSafeValue, listOf, passedHeaders, safeList } from "./proxy-headers.ts";
import { RequestBody } from "./request-body.ts";
import type { Responder } from "./responder.ts";
import { mirror } from "./side-request.ts";
import type { Incoming } from "./incoming.ts";

export class Exchange implements Course {
  readonly place: Place;
  readonly routed: RoutedRequest;
  readonly responder: Responder;
  readonly facts: RequestFacts;
  readonly entry: Entered;
  readonly body: RequestBody;
  /** The route's, and those of the backend that was chosen. */
  filters: readonly Filter[] = [];
  readonly added: Record<string, string> = {};
  readonly #incoming: Incoming;
  readonly #decision: Decision;
  readonly #ends: (() => void)[] = [];
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #limit = Infinity;
  #forwarding: Forwarding | undefined;
  #over = false;

  constructor(place: Place, incoming: Incoming, routed: RoutedRequest, responder: Responder) {
    this.place = place;
    this.routed = routed;
    this.responder = responder;
    this.#incoming = incoming;
    this.#decision = decide(place.served.table, routed);
    const { route, listener, entry, failed, trail } = this.#decision;
    this.facts = { entry: entry ?? {}, requestId: randomUUID().replaceAll("-", "") };
    this.filters = this.#decision.filters;
    this.entry = {
      at: Date.now(),
      client: believed(this.facts.entry, routed).clientAddress,
      port: routed.port,
      listener: listener?.name,
      method: routed.method,
      host: routed.host,
      target: routed.target,
      route: route?.name,
      cause: route?.cause ?? listener?.cause,
      ...(failed === undefined
        ? {}
        : { reason: `no ${failed} fits${trail.length === 0 ? "" : `: ${trail.at(-1)?.why}`}` }),
      ms: 0,
    };
    this.body = new RequestBody(incoming.source, incoming.length, {
      limit: () => this.#limit,
      tooLong: () => this.#tooLong(),
      trailers: incoming.trailers,
    });
  }

  get over(): boolean {
    return this.#over;
  }

  readonly expand = (text: string): string => expandVariables(text, this.routed, this.facts);

  run(): void {
    this.responder.onClose = (complete) => {
      if (this.#over) return;
      if (!complete) this.entry.reason ??= "the client went away";
      this.entry.status ??= 499;
      this.finish();
    };
    const { route } = this.#decision;
    const whole = route?.timeouts?.request;
    if (whole !== undefined) {
      this.#timer = setTimeout(() => this.#late(whole), whole);
      this.#ends.push(() => this.prolong());
    }
    this.#pass(this.filters, 0, () => this.#act());
  }

  prolong(): void {
    clearTimeout(this.#timer);
  }

  /** The answer is out, or there will be none. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forwarding?.stop();
    for (const end of this.#ends.splice(0)) end();
    this.body.discard();
    this.entry.ms = performance.now() - this.#began;
    this.place.log.add(this.entry);
  }

  /** An answer of our own. `why`: for the log. */
  answer(status: number, why: string, headers: HeaderList = [], text?: string): void {
    if (this.#over) return;
    this.#forwarding?.stop();
    this.entry.reason = why;
    if (this.responder.begun) {
      this.responder.breakOff();
      return this.finish();
    }
    this.entry.status = status;
    const whole = answerHeaders(headers, this.filters, this.routed, this.expand);
    const isGrpc = this.routed.headers["content-type"]?.startsWith("application/grpc") === true;
    const given = isGrpc ? grpcAnswer(status, whole, text ?? why) : textAnswer(status, whole, text);
    this.responder.head(given.status, safeList(given.headers));
    if (given.body.length > 0 && this.routed.method !== "HEAD") this.responder.write(given.body);
    this.responder.end([]);
    this.finish();
  }

  /** As answer(), for what went wrong: a route may have another server say it. */
  refuse(status: number, why: string): void {
    if (this.#over) return;
    if (!this.responder.begun && this.customError(status)) this.entry.reason = why;
    else this.answer(status, why);
  }

  /** True: another backend answers in place of what has this status. */
  customError(status: number): boolean {
    const sent = (): Record<string, string> => this.#sentHeaders();
    const cancel = errorPage(this, status, sent);
    if (cancel !== undefined) this.#ends.push(cancel);
    return cancel !== undefined;
  }

  /** Filter after filter; one that asks another server continues when it has answered. */
  #pass(filters: readonly Filter[], from: number, then: () => void): void {
    for (let at = from; at < filters.length; at++) {
      const filter = filters[at];
      if (filter === undefined || this.#over) return;
      if (filter.kind === "external-auth" || filter.kind === "any") {
        const refused = (status: number, why: string, headers: HeaderList): void => {
          this.entry.cause = filter.cause;
          this.answer(status, why, headers);
        };
        const cancel = askAuthority(filter, this, refused, () => this.#pass(filters, at + 1, then));
        this.#ends.push(cancel);
        return;
      }
      if (!this.#passes(filter, at)) return;
    }
    const { length } = this.body;
    if (length !== "chunked" && length > this.#limit) this.#tooLong();
    else then();
  }

  #passes(filter: Filter, at: number): boolean {
    const rule = `${this.entry.route ?? ""} ${at}`;
    if (filter.kind === "body-size") this.#limit = Math.min(this.#limit, filter.limit > 0 ? filter.limit : Infinity);
    else if ("exempt" in filter && inNetworks(this.entry.client, filter.exempt ?? [])) return true;
    else if (filter.kind === "rate") {
      if (!this.place.limits.allows(rule, this.entry.client, filter))
        return this.#refused(filter, filter.status, `more than ${filter.requests} requests in ${filter.seconds} s`);
    } else if (filter.kind === "concurrency") {
      const end = this.place.limits.begin(rule, this.entry.client, filter.limit);
      if (end === undefined)
        return this.#refused(filter, filter.status, `more than ${filter.limit} requests at a time`);
      this.#ends.push(end);
    } else {
      const match = this.#decision.route?.match.path;
      const early = earlyAnswer(filter, { request: this.routed, facts: this.facts, match });
      if (early === undefined) return true;
      this.entry.cause = early.cause;
      this.answer(early.status, early.why, listOf(early.headers));
      return false;
    }
    return true;
  }

  #refused(filter: Filter, status: number, why: string): false {
    this.entry.cause = filter.cause;
    this.refuse(status, why);
    return false;
  }

  #act(): void {
    const { action, route } = this.#decision;
    if (action === undefined) return this.answer(404, this.entry.reason ?? "nothing serves it");
    if (action.kind === "answer") {
      const { status, headers = {}, body, cause } = action.answer;
      this.entry.cause = route?.cause ?? cause;
      return this.answer(status, this.entry.reason ?? cause.reason, listOf(headers), body);
    }
    if (action.kind === "redirect") {
      const location = locationOf(action.to, this.routed, route?.match.path, this.facts);
      return this.answer(action.to.status, action.to.cause.reason, ["location", printableTarget(location)]);
    }
    const held = this.#heldBackend(action);
    const choice = chooseBackend(action, this.routed, Math.random(), held);
    const { to } = choice;
    if (to?.backend === undefined) return this.refuse(choice.status ?? 500, choice.why);
    const more = to.filters ?? [];
    this.filters = [...this.filters, ...more];
    this.#pass(more, 0, () => this.#forward(action, to, to.backend ?? ""));
  }

  #heldBackend({ affinity, to }: ForwardAction): string | undefined {
    const value = affinity === undefined ? undefined : cookieOf(this.routed, affinity.cookie);
    if (value === undefined) return undefined;
    return to.find(({ backend: id }) => {
      const backend = id === undefined ? undefined : this.place.served.backend(id);
      return backend !== undefined && stickyEndpoint(backend, value) !== undefined;
    })?.backend;
  }

  #forward(action: ForwardAction, to: WeightedBackend, chosen: string): void {
    const { served } = this.place;
    let id = chosen;
    let backend = served.backend(id);
    if (backend?.endpoints.length === 0 && action.whenEmpty !== undefined) {
      id = action.whenEmpty;
      backend = served.backend(id);
    }
    this.entry.backend = id;
    if (backend === undefined) return this.refuse(500, `there is no backend ${id} (${to.cause.object})`);
    if (backend.endpoints.length === 0) return this.refuse(503, `${id} has no ready endpoint`);
    const match = this.#decision.route?.match.path;
    const headers = this.#sentHeaders();
    const sent = sentRequest(this.filters, { ...this.routed, headers }, match, this.expand);
    const host = sent.host.toLowerCase() === this.routed.host.toLowerCase() ? this.routed.host : sent.host;
    if (!isSafeValue(host) || /\s/.test(host)) return this.answer(400, "the host is malformed");
    const target = printableTarget(sent.target);
    const request = this.#outgoing(backend, host, target, safeList(listOf(sent.headers)));
    this.#mirror(request);
    this.#forwarding = new Forwarding(this, { id, backend, request, action, route: this.#decision.route });
    this.#forwarding.next();
  }

  #sentHeaders(): Record<string, string> {
    const { headers } = this.routed;
    const forwarded = forwardedHeaders(believed(this.facts.entry, this.routed), headers, this.facts.requestId ?? "");
    return { ...passedHeaders(headers), ...forwarded, ...this.added };
  }

  #outgoing(backend: Backend, host: string, path: string, headers: HeaderList): OutgoingRequest {
    const { upgrade } = this.#incoming;
    const scheme = backend.tls === undefined ? "http" : "https";
    return { method: this.routed.method, host, path, scheme, headers, length: this.body.length, upgrade };
  }

  #mirror(request: OutgoingRequest): void {
    const { served, addresses } = this.place;
    for (const filter of this.filters) {
      if (filter.kind !== "mirror" || filter.backend === undefined) continue;
      const backend = served.backend(filter.backend);
      if (backend === undefined || Math.random() * filter.denominator >= filter.numerator) continue;
      const copy = mirror({
        served,
        backend,
        id: filter.backend,
        request: { ...request, upgrade: undefined },
        addresses,
      });
      if (copy !== undefined) this.body.tap(copy);
    }
  }

  #tooLong(): void {
    this.refuse(413, `the body is longer than ${this.#limit} bytes`);
  }

  #late(ms: number): void {
    const why = `no complete answer within ${ms} ms`;
    if (this.#forwarding !== undefined) this.#forwarding.stop();
    this.refuse(504, why);
  }
}
