/** The operations of an `apply` that come in portions before it, for each connection. */
import type { Operation } from "../resources/operation.ts";
import type { Resource } from "../resources/resource.ts";
import type { Connection } from "./connection.ts";
import { Unpacker, type PackedOperations } from "./packed-operations.ts";

export class ReceivedOperations {
  readonly #unpackers = new WeakMap<Connection, Unpacker>();

  /** Returns all so far. `applied`: what the agent has. Throws LabError OTHER_BASE when an edit refers to another state. */
  take(
    portion: PackedOperations,
    connection: Connection,
    applied: ReadonlyMap<string, Resource>,
  ): readonly Operation[] {
    const before = portion.from === 0 ? undefined : this.#unpackers.get(connection);
    const unpacker = before ?? new Unpacker(applied);
    this.#unpackers.set(connection, unpacker);
    return unpacker.take(portion);
  }

  /** As take(), for the last portion. */
  takeLast(...given: Parameters<ReceivedOperations["take"]>): readonly Operation[] {
    try {
      return this.take(...given);
    } finally {
      this.#unpackers.delete(given[1]);
    }
  }
}
