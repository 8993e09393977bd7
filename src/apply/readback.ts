/**
 * Rules are read back from the kernel once they are in force and the client has been answered: iptables and nft
 * rewrite what they are given, and later changes by others are detected by comparing with that form.
 */
import type { JournalEntry } from "./journal-entry.ts";

/** Reads these resources as one tool shows them. Returns what to write down; throws what the tool said. */
export type ReadBack = (ids: ReadonlySet<string>) => Promise<readonly JournalEntry[]>;

/** Tools at a time. */
const SIDE_BY_SIDE = 2;

/** What one call of a tool shows. */
interface Listing {
  /** Resources whose rules have been loaded since they were last read. */
  readonly ids: Set<string>;
  read: ReadBack;
  /** Incremented with each change: what was read before it is discarded. */
  changes: number;
  busy: boolean;
}

export class ReadBacks {
  readonly #write: (entries: readonly JournalEntry[]) => void;
  readonly #open = new Map<string, Listing>();
  #running: Promise<void> | undefined;

  constructor(write: (entries: readonly JournalEntry[]) => void) {
    this.#write = write;
  }

  /** To be called before these are changed. If that fails, their state is unknown, and the next `up` writes them again. */
  changing(key: string, ids: readonly string[]): void {
    const listing = this.#open.get(key);
    if (listing === undefined) return;
    listing.changes++;
    for (const id of ids) listing.ids.delete(id);
  }

  /** To be called after they have been changed. */
  changed(key: string, ids: readonly string[], read: ReadBack): void {
    const listing = this.#open.get(key) ?? { ids: new Set(), read, changes: 0, busy: false };
    this.#open.set(key, listing);
    listing.read = read;
    listing.changes++;
    for (const id of ids) listing.ids.add(id);
  }

  /** Resolves when all that has been changed has been read. What cannot be read stays unknown. */
  settled(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #work(): Promise<void> {
    const worker = async (): Promise<void> => {
      for (let next = this.#next(); next !== undefined; next = this.#next()) await this.#readOne(...next);
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker));
  }

  #next(): [string, Listing] | undefined {
    return [...this.#open].find(([, listing]) => !listing.busy);
  }

  async #readOne(key: string, listing: Listing): Promise<void> {
    const { changes } = listing;
    listing.busy = true;
    try {
      const entries = listing.ids.size === 0 ? [] : await listing.read(new Set(listing.ids));
      if (listing.changes !== changes) return; // read once more
      this.#open.delete(key);
      this.#write(entries);
    } catch {
      this.#open.delete(key);
    } finally {
      listing.busy = false;
    }
  }
}
