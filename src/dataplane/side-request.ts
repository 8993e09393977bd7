/** Requests that a proxy makes beside the client's: a copy for a mirror, a question to another server. */
import type { Backend } from "../routing/model.ts";
import { BackendError, type AnswerSink, type HeaderList, type OutgoingRequest, type Sending } from "./answer-sink.ts";
import { Attempt } from "./attempt.ts";
import type { ProxiedAddresses } from "./proxy-header.ts";
import type { BodyReceiver } from "./request-body.ts";
import type { ServedTable } from "./served-table.ts";

/** Bytes that a mirror may be behind; then its copy is given up. */
const BEHIND = 1024 * 1024;
/** Milliseconds. */
const LIMIT = 60_000;

export interface SideOptions {
  readonly served: ServedTable;
  readonly backend: Backend;
  /** Undefined: one that is not in the table. */
  readonly id: string | undefined;
  readonly request: OutgoingRequest;
  readonly addresses: ProxiedAddresses;
}

const NONE: ReadonlySet<never> = new Set<never>();

function attemptOf({ served, backend, id, request, addresses }: SideOptions, sink: AnswerSink): Attempt | undefined {
  const [first] = backend.endpoints;
  const endpoint = id === undefined ? first : served.balancer(id).choose(backend, request.path, NONE, Math.random);
  if (endpoint === undefined) return undefined;
  const timeouts = { backend: LIMIT };
  return new Attempt({ served, backend, endpoint, request, body: undefined, timeouts, addresses }, sink);
}

/** Status and headers of the answer; its body is not read. Returns what gives it up. */
export function ask(
  options: SideOptions,
  done: (answer: { readonly status: number; readonly headers: HeaderList } | BackendError) => void,
): () => void {
  const sink: AnswerSink = {
    head: (status, headers) => done({ status, headers }),
    data: () => true,
    end: () => undefined,
    upgraded: (stream) => void stream.destroy(),
    fail: done,
  };
  const attempt = attemptOf(options, sink);
  if (attempt === undefined) queueMicrotask(() => done(new BackendError("connect", "it has no endpoint", true)));
  attempt?.begin();
  return () => attempt?.abort();
}

/** With an answer of its own, which goes to `sink`. Undefined: there is no endpoint. */
export function relay(options: SideOptions, sink: AnswerSink): Attempt | undefined {
  return attemptOf(options, sink);
}

/** Sends a copy and drops its answer. Undefined: there is no endpoint. */
export function mirror(options: SideOptions): BodyReceiver | undefined {
  const copy = new Copy();
  const { served, backend, id, request, addresses } = options;
  const endpoint = id === undefined ? undefined : served.balancer(id).choose(backend, request.path, NONE, Math.random);
  if (endpoint === undefined) return undefined;
  const timer = setTimeout(() => copy.abort(), LIMIT).unref();
  const over = (): void => clearTimeout(timer);
  const wish = { connectTimeout: 5000, addresses, fresh: false, http1: false };
  served.pool(backend, endpoint).acquire(wish, (connection) => {
    if (connection instanceof BackendError || copy.given) return over();
    const sink = { head: () => undefined, data: () => true, end: over, upgraded: over, fail: over };
    copy.sendTo(connection.send(request, sink));
  });
  return copy;
}

/** What is written before there is a connection waits for it. */
class Copy implements BodyReceiver {
  given = false;
  #sending: Sending | undefined;
  #waiting: Buffer[] = [];
  #size = 0;
  #ended = false;

  sendTo(sending: Sending): void {
    this.#sending = sending;
    sending.onDrain = () => (this.#size = 0);
    for (const chunk of this.#waiting) sending.write(chunk);
    this.#waiting = [];
    this.#size = 0;
    if (this.#ended) sending.end();
  }

  write(chunk: Buffer): boolean {
    if (this.given) return true;
    this.#size += chunk.length;
    if (this.#size > BEHIND) this.abort();
    else if (this.#sending === undefined) this.#waiting.push(chunk);
    else if (this.#sending.write(chunk)) this.#size = 0;
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#sending?.end();
  }

  abort(): void {
    this.given = true;
    this.#waiting = [];
    this.#sending?.abort();
  }
}
