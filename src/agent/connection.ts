/** The agent's end of one connection: dispatches requests, sends events, results and errors. */
import type { Readable, Writable } from "node:stream";
import { BuildError, hostLack, LabError } from "../errors.ts";
import { openJsonLines, type JsonLines } from "./json-lines.ts";
import { trimWhenIdle } from "./trim-memory.ts";
import type { Method, Methods, Reply, Request } from "./protocol.ts";

export interface CallContext<M extends Method> {
  readonly connection: Connection;
  emit(event: Methods[M]["event"]): void;
}

/** One function per method; a missing method does not compile. */
export type MethodTable = {
  readonly [M in Method]: (
    params: Methods[M]["params"],
    context: CallContext<M>,
  ) => Promise<Methods[M]["result"]> | Methods[M]["result"];
};

export class Connection {
  /** Pid of the client, from its `hello`. */
  pid: number | undefined;
  /** Its name, once it holds faults. */
  holder: string | undefined;
  /** Aborted when the connection is gone. */
  readonly #gone = new AbortController();
  readonly #lines: JsonLines;
  readonly #methods: MethodTable;

  constructor(input: Readable, output: Writable, methods: MethodTable, onClose: (connection: Connection) => void) {
    this.#methods = methods;
    this.#lines = openJsonLines(
      input,
      output,
      (message) => void this.#dispatch(message as Request),
      () => {
        this.#gone.abort();
        input.destroy();
        output.destroy();
        onClose(this);
      },
    );
  }

  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  flush(): Promise<void> {
    return this.#lines.flush();
  }

  async #dispatch(request: Request): Promise<void> {
    const { id, method } = request;
    const send = (reply: Reply): void => this.#lines.send(reply);
    try {
      if (!Object.hasOwn(this.#methods, method)) {
        throw new LabError("EMETHOD", 70, `the agent does not know method ${JSON.stringify(method)}`, {
          hint: "it was started by another version of k8snet-lab: take the lab down and up again",
        });
      }
      send({ id, result: await this.#call(request) });
    } catch (error) {
      send({ id, error: describe(error) });
    } finally {
      trimWhenIdle();
    }
  }

  #call<M extends Method>({ id, method, params }: Request<M>): Promise<Methods[M]["result"]> | Methods[M]["result"] {
    return this.#methods[method](params, {
      connection: this,
      emit: (event) => this.#lines.send({ id, event }),
    });
  }
}

function describe(thrown: unknown): Extract<Reply, { error: unknown }>["error"] {
  const error = hostLack(thrown) ?? thrown;
  if (error instanceof LabError) {
    const failures = error instanceof BuildError && error.failures.length > 0 ? { failures: error.failures } : {};
    return { code: error.code, message: error.message, hint: error.hint, ...failures };
  }
  return { code: "EBUG", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
