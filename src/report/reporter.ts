/** What a reporter is: a function over the event stream, with an end. */
import type { EventSink } from "../events.ts";
import type { CiKind } from "./ci.ts";
import type { Paint } from "./color.ts";

export interface Reporter {
  readonly onEvent: EventSink;
  /** After the last event of the last lab: writes what can only be written whole. */
  end?(): void | Promise<void>;
}

export interface ReporterOptions {
  /** One line or several, newline included. */
  readonly write: (text: string) => void;
  /** A line that the CI system obeys, newline included: nothing of an input is in it that was not escaped for it. */
  readonly command: (text: string) => void;
  readonly color: Paint;
  readonly ci: CiKind;
  /** Each operation as its own line. */
  readonly verbose: boolean;
  /** What a lab is called in reports that are compared from run to run, where its own name differs each time. */
  readonly suite?: string | undefined;
  /** Where junit and summary write. */
  readonly file?: string | undefined;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Columns of the terminal; texts are wrapped to it. */
  readonly columns: number;
}

/**
 * When a reporter is used. `default`: its lines are on stdout unless a flag asks for others. `flag`: `--NAME` puts its lines
 * there. `file`: `--NAME FILE`, besides. `ci`: on that CI system always, with the file that a variable names, if it needs one.
 */
export type ReporterUse =
  | { readonly by: "default" }
  | { readonly by: "flag"; readonly help: string }
  | { readonly by: "file"; readonly help: string }
  | { readonly by: "ci"; readonly ci: CiKind; readonly fileVariable?: string | undefined };

export interface ReporterDefinition {
  /** `junit`. */
  readonly name: string;
  readonly use: ReporterUse;
  make(options: ReporterOptions): Reporter;
}
