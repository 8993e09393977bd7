/** How the difference between two states of a resource is written, where the whole is large. */
import type { ResourceBase } from "./resource.ts";

export interface EditForm<R, E> {
  /** What turns one into the other. */
  edit(before: R, after: R): E;
  /** A resource of the same kind. */
  apply(before: R, edit: E): ResourceBase;
  /** Equal texts, equal resources, apart from their causes. */
  text(resource: R): string;
  /** It was changed by hand: it is written whole. */
  isTouched?(resource: R): boolean;
  /** What the changing code needs of the old state. Absent: all. */
  lean?(before: R): ResourceBase;
}
