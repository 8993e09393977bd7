/** Connections that hold faults: what they injected for their own time is undone once they are gone. */
import { randomUUID } from "node:crypto";
import type { Connection } from "./connection.ts";
import type { StoredLab } from "./protocol.ts";

export class Holders {
  /** Of connections that are there. */
  readonly #names = new Set<string>();
  /** Has applied something since the last commit. */
  #applied: Connection | undefined;
  #unfinished = false;

  /** As `conditions` says it. */
  get state(): { readonly holders: readonly string[]; readonly unfinished: boolean } {
    return { holders: [...this.#names], unfinished: this.#unfinished };
  }

  nameOf(connection: Connection): string {
    connection.holder ??= randomUUID();
    if (!connection.gone.aborted) this.#names.add(connection.holder);
    return connection.holder;
  }

  applies(connection: Connection): void {
    this.#applied = connection;
  }

  /** True where a fault is stored whose holder is gone. */
  committed({ live }: StoredLab): boolean {
    this.#applied = undefined;
    this.#unfinished = false;
    return (live?.faults ?? []).some(({ heldBy }) => heldBy !== undefined && !this.#names.has(heldBy));
  }

  /** False for a connection that holds nothing. */
  lose(connection: Connection): boolean {
    if (connection.holder === undefined || !this.#names.delete(connection.holder)) return false;
    this.#unfinished ||= this.#applied === connection;
    return true;
  }
}
