/** How a validator reports a mistake: by its path in the document; load/ adds file and line. */
import type { Path } from "./path.ts";

export interface MistakeDetails {
  readonly severity?: "error" | "warning" | undefined;
  readonly hint?: string | undefined;
  /** Point at the value instead of the key. */
  readonly at?: "key" | "value" | undefined;
}

export type Report = (path: Path, message: string, finding?: MistakeDetails) => void;
