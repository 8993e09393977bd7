/** What plain-yaml.ts returns about a document besides its values: their positions. */

/** A map or a list, with where its keys and values begin. */
export interface PlainNode {
  /** A map's, in order. */
  readonly keys: readonly string[] | undefined;
  readonly keyAt: readonly number[];
  readonly valueAt: readonly number[];
  readonly children: readonly (PlainNode | undefined)[];
}

export interface PlainDocument {
  readonly value: unknown;
  readonly root: PlainNode;
  readonly start: number;
}

/** A node that is being read. */
interface Draft {
  readonly keys: string[] | undefined;
  readonly keyAt: number[];
  readonly valueAt: number[];
  readonly children: (PlainNode | undefined)[];
}

export function draft(isMap: boolean): Draft {
  return { keys: isMap ? [] : undefined, keyAt: [], valueAt: [], children: [] };
}
