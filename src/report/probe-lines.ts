/** What `probe` prints: a result with its story; with --watch only what changes, and a summary. */
import { count } from "../counting.ts";
import type { CheckResult } from "../events.ts";
import { printable, printableLines } from "../printable.ts";
import type { Paint } from "./color.ts";
import { failureFacts, formatDuration } from "./wording.ts";

/** Where there is no file, there is no place in it, and nothing to try but the same again. */
const SAID: ReadonlySet<string> = new Set(["got", "differs", "dropped by", "last seen"]);

function storyLines(result: CheckResult, cause: string | undefined): readonly string[] {
  const { lastSeen } = result;
  const told = cause === undefined ? result : { ...result, lastSeen: lastSeen?.replace(/; cause unknown$/, "") };
  const facts = failureFacts(told).filter(({ label }) => SAID.has(label));
  if (cause !== undefined) facts.push({ label: "cause", text: cause });
  const story = facts.map(
    ({ label, text }) => `    ${`${label}:`.padEnd(12)}${printableLines(text).replaceAll("\n", " ")}`,
  );
  const matrix = result.matrix?.trimEnd().split("\n") ?? [];
  return [...story, ...matrix.map((row) => `    ${printable(row)}`)];
}

/** One result: `✓ pod/client → svc/web:80 tcp  open, …  2 ms`, with lines below it where it is not as expected, and its cause if known. */
export function formatProbe(result: CheckResult, color: Paint, cause?: string): string {
  const { status, name, got, ms, matrix, reason = "no reason given" } = result;
  const time = color.gray(formatDuration(ms));
  if (status === "skipped") return `${color.yellow("-")} ${printable(name)}  skipped: ${printable(reason)}\n`;
  if (status === "passed") {
    const rows = matrix?.trimEnd().split("\n") ?? [];
    return [
      `${color.green("✓")} ${printable(name)}: ${printable(got)}  ${time}`,
      ...rows.map((row) => `    ${printable(row)}`),
      "",
    ].join("\n");
  }
  return [`${color.red("✗")} ${color.bold(printable(name))}  ${time}`, ...storyLines(result, cause), ""].join("\n");
}

interface Span {
  readonly ok: boolean;
  readonly since: Date;
  readonly before?: Span | undefined;
}

/** `19:45:25.158`, as clocks show it here. */
function clock(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(11, 23);
}

const MINUTE = 60_000;

/** A probe over time: what changes, and for how long it was how. */
export class Watch {
  readonly #color: Paint;
  readonly #state = new Map<string, Span>();
  #looks = 0;
  #good = 0;
  #changes = 0;

  constructor(color: Paint) {
    this.#color = color;
  }

  get isBroken(): boolean {
    return this.#looks === 0 || [...this.#state.values()].some(({ ok }) => !ok);
  }

  /** `at`: when the attempt began. True where the result is another than before. */
  look(result: CheckResult, at: Date): boolean {
    const ok = result.status === "passed";
    this.#looks++;
    if (ok) this.#good++;
    const before = this.#state.get(result.name);
    if (before?.ok === ok) return false;
    this.#state.set(result.name, { ok, since: at, before: before && { ...before, before: undefined } });
    if (before !== undefined) this.#changes++;
    return true;
  }

  /** What has just changed: `19:45:54.911 works again after 5.2 s: ✓ …`. */
  lineOf(result: CheckResult): string {
    const { ok, since, before } = this.#state.get(result.name) ?? { ok: false, since: new Date() };
    const after =
      before === undefined
        ? ""
        : `${ok ? "works again" : "fails"} after ${formatDuration(since.getTime() - before.since.getTime())}: `;
    return `${this.#color.gray(clock(since))} ${after}${formatProbe(result, this.#color)}`;
  }

  summary(): string {
    return `${this.#good} of ${count(this.#looks, "attempt")} as expected, ${count(this.#changes, "change")}\n`;
  }
}
