/** The way of one packet, as far as a resource can have a part in what happens to it. */
import type { Family } from "../net/family.ts";

export interface Passage {
  readonly family: Family;
  /** The sender's namespace. */
  readonly source: string | undefined;
  /** It goes to a name, or queries one: files that resolve names matter. */
  readonly named: boolean;
  /** It passes this device. */
  passes(ns: string, device: string): boolean;
  /** One of its addresses lies in this prefix: `10.0.0.0/8`, `10.0.0.1`, `default`. */
  concerns(prefix: string): boolean;
  /** It is to arrive in this namespace, and there at this port. */
  arrives(ns: string, port?: number): boolean;
}
