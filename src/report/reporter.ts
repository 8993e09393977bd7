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

export type MakeReporter = (options: ReporterOptions) => Reporter;
