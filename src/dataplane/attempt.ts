/** One try at one endpoint: connection, request, answer; each within its time. */
import type { Duplex } from "node:stream";
import type { Backend, Endpoint, Timeouts } from "../routing/model.ts";
import { BackendError, type AnswerSink, type HeaderList, type OutgoingRequest, type Sending } from "./answer-sink.ts";
import { endpointText } from "./connect.ts";
import type { Connected } from "./endpoint-pool.ts";
import type { ProxiedAddresses } from "./proxy-header.ts";
import type { RequestBody } from "./request-body.ts";
import type { ServedTable } from "./served-table.ts";

/** Milliseconds, where a route says nothing (ingress-nginx: proxy-connect-timeout). */
const CONNECT = 5000;

/** Doing it twice is doing it once (RFC 9110 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);

export interface AttemptOptions {
  readonly served: ServedTable;
  readonly backend: Backend;
  readonly endpoint: Endpoint;
  readonly request: OutgoingRequest;
  readonly body: RequestBody | undefined;
  readonly timeouts: Timeouts | undefined;
  readonly addresses: ProxiedAddresses;
}

export class Attempt implements AnswerSink {
  readonly #options: AttemptOptions;
  readonly #sink: AnswerSink;
  #cancel: (() => void) | undefined;
  #sending: Sending | undefined;
  #connection: Connected | undefined;
  #again = false;
  #answered = false;
  #over = false;
  #whole: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;

  constructor(options: AttemptOptions, sink: AnswerSink) {
    this.#options = options;
    this.#sink = sink;
  }

  begin(): void {
    const { backend: limit } = this.#options.timeouts ?? {};
    if (limit !== undefined) this.#whole = setTimeout(() => this.#late("no answer", limit), limit);
    this.#connect(false);
  }

  resume(): void {
    this.#sending?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#cancel?.();
    this.#sending?.abort();
  }

  head(status: number, headers: HeaderList): void {
    if (this.#over) return;
    this.#answered = true;
    this.#silence?.refresh();
    this.#sink.head(status, headers);
  }

  data(chunk: Buffer): boolean {
    if (this.#over) return true;
    this.#silence?.refresh();
    return this.#sink.data(chunk);
  }

  end(trailers: HeaderList): void {
    if (this.#over) return;
    this.#end();
    this.#sink.end(trailers);
  }

  upgraded(stream: Duplex, first: Buffer): void {
    if (this.#over) return void stream.destroy();
    this.#end();
    this.#sink.upgraded(stream, first);
  }

  fail(error: BackendError): void {
    if (this.#over) return;
    this.#options.body?.detach();
    if (this.#isStale(error)) {
      this.#again = true;
      this.#connect(true);
      return;
    }
    this.#end();
    this.#sink.fail(error);
  }

  /** The other end has given up an idle connection just when it was used again. */
  #isStale(error: BackendError): boolean {
    if (this.#again || this.#answered || this.#connection?.used !== true || !error.untouched) return false;
    const { request, body } = this.#options;
    return IDEMPOTENT.has(request.method) && body?.replayable !== false;
  }

  #connect(fresh: boolean): void {
    const { served, backend, endpoint, request, timeouts, addresses } = this.#options;
    const pool = served.pool(backend, endpoint);
    const http1 = request.upgrade !== undefined;
    const wish = { connectTimeout: timeouts?.connect ?? CONNECT, addresses, fresh, http1 };
    this.#cancel = pool.acquire(wish, (result) => {
      if (this.#over) return;
      if (result instanceof BackendError) this.fail(result);
      else this.#send(result);
    });
  }

  #send(connection: Connected): void {
    const { request, body, timeouts } = this.#options;
    this.#cancel = undefined;
    this.#connection = connection;
    const { read } = timeouts ?? {};
    if (read !== undefined) {
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => this.#late("silence", read), read);
    }
    this.#sending = connection.send(request, this);
    if (body === undefined) this.#sending.end();
    else body.sendTo(this.#sending);
  }

  #late(what: string, ms: number): void {
    if (this.#over) return;
    this.abort();
    this.#sink.fail(new BackendError("timeout", `${endpointText(this.#options.endpoint)}: ${what} for ${ms} ms`));
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#whole);
    clearTimeout(this.#silence);
    this.#options.body?.detach();
  }
}
