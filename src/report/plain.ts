/** Plain lines for terminals without the UI, for pipes and for CI logs. */
import { count } from "../counting.ts";
import { formatCause } from "../cause.ts";
import { formatDiagnostic } from "../errors.ts";
import type { CheckResult, LabEvent, StampedEvent } from "../events.ts";
import type { Family } from "../net/family.ts";
import type { Operation } from "../resources/operation.ts";
import { printable, printableLines } from "../printable.ts";
import { groupMarks } from "./ci.ts";
import type { Paint } from "./color.ts";
import { formatFailure } from "./failure.ts";
import type { Reporter, ReporterDefinition, ReporterOptions } from "./reporter.ts";
import { ResultOrder } from "./result-order.ts";
import { checkTitle, failureFacts, formatDuration, wrapText } from "./wording.ts";

/** Operations listed one by one at most; what is beyond is counted. */
const LISTED = 200;
/** How many foreign objects are listed. */
const MAX_FOREIGN = 20;
/** Columns of a label and its colon. */
const LABEL = 12;
/** Seconds between two progress lines. */
const PROGRESS_EVERY = 1;

type EventOf<T extends LabEvent["type"]> = Extract<StampedEvent, { type: T }>;
type Handlers = { readonly [T in LabEvent["type"]]: (event: EventOf<T>) => void };

/** `+ addr:node1:eth0:10.0.0.1/24  missing  ← labs/x.yaml:3:1 …`. */
export function formatDifference(operation: Operation, color: Paint): string {
  const signs = { create: color.green("+"), update: color.yellow("~"), delete: color.red("-") } as const;
  const why = operation.reason === undefined ? "" : `  ${printable(operation.reason)}`;
  return `${signs[operation.action]} ${printable(operation.resource.id)}${why}  ${color.gray(`← ${formatCause(operation.cause)}`)}`;
}

export function makePlainReporter(options: ReporterOptions): Reporter {
  const { color } = options;
  const marks = groupMarks(options.ci, options.now);
  const line = (text = ""): void => options.write(`${text}\n`);
  const results = new ResultOrder(checkLines);
  let converging = false;
  let families: readonly Family[] = [];
  let lastProgress = 0;
  let phase: "build" | "down" = "build";

  const handlers: Handlers = {
    lab(event) {
      converging = event.converging;
      families = event.lab.families;
      const title = event.lab.title === undefined ? "" : `: ${printable(event.lab.title)}`;
      line(
        `${color.bold(event.lab.name)}${title} ${color.gray(`(${event.driver}${converging ? ", running already" : ""})`)}`,
      );
    },
    changed() {},
    diagnostic(event) {
      // Errors are printed on stderr by the command that exits with them.
      if (event.diagnostic.severity === "warning") line(color.yellow(formatDiagnostic(event.diagnostic)));
    },
    note(event) {
      line(`  ${event.level === "warn" ? `${color.yellow("!")} ` : ""}${printable(event.text)}`);
    },
    plan(event) {
      lastProgress = event.at;
      const { operations } = event.plan;
      if (converging) {
        const { afterwards = [] } = event;
        if (operations.length > 0) line(`  ${count(operations.length, "difference")}:`);
        else if (afterwards.length === 0) {
          const others = (event.plan.foreign ?? []).length > 0;
          line(
            others ? "  everything that belongs to the lab matches its file" : "  nothing differs from the lab file",
          );
        }
        listOperations(operations, "    ");
        for (const text of afterwards) line(`  ${text}`);
      } else if (marks !== undefined || options.verbose) {
        const title = `${event.plan.lab}: ${count(operations.length, "operation")}`;
        if (marks === undefined) line(`  ${title}`);
        else options.command(`${marks.open(title)}\n`);
        listOperations(operations, "    ");
        if (marks !== undefined) options.command(`${marks.close()}\n`);
      }
    },
    strangers({ strangers }) {
      line(
        `  ${color.yellow("!")} ${count(strangers.length, "thing")} ${strangers.length === 1 ? "is" : "are"} not part of this lab; up leaves ${strangers.length === 1 ? "it" : "them"} alone:`,
      );
      for (const { place, what, command, unsure } of strangers.slice(0, MAX_FOREIGN)) {
        const who = unsure ? "  (or made by a program that this lab runs there)" : "";
        line(`    ${printable(`${place}: ${what}`)}${color.gray(who)}`);
        line(`      remove it: ${printable(command)}`);
      }
      if (strangers.length > MAX_FOREIGN) line(`    … and ${strangers.length - MAX_FOREIGN} more`);
    },
    operation(event) {
      if (event.status === "failed" && event.failure === undefined)
        line(`  ${color.red("✗")} ${event.operation.id}  ${formatCause(event.cause)}`);
    },
    progress(event) {
      if (event.phase !== phase) {
        phase = event.phase;
        lastProgress = event.at;
      }
      if (event.at - lastProgress < PROGRESS_EVERY || event.done === event.total) return;
      lastProgress = event.at;
      // Taking down does not know its total in advance.
      line(
        `  ${event.phase === "build" ? "building" : "taking down"} ${event.done}${event.total > 0 ? `/${event.total}` : ""}`,
      );
    },
    built(event) {
      if (event.failures.length > 0) {
        line(
          `  ${color.red("✗")} ${count(event.failures.length, "operation")} failed${event.rolledBack ? ", everything was rolled back" : ""}:`,
        );
        for (const failure of event.failures) line(formatFailure(failure, "    "));
        return;
      }
      const what = converging
        ? `${count(event.operations, "change")} applied`
        : `built by ${count(event.operations, "operation")}`;
      if (!converging || event.operations > 0) line(`  ${color.green("✓")} ${what} in ${formatDuration(event.ms)}`);
    },
    "check-started"() {},
    "check-attempt"() {},
    "check-done"(event) {
      results.add(event);
    },
    packet(event) {
      line(`  ${color.gray(event.packet.place)}  ${printable(event.packet.text)}`);
    },
    "checks-done"(event) {
      results.flush();
      const { faulty = 0 } = event;
      const parts = [
        color.green(`${event.passed - faulty} passed`),
        ...(faulty > 0 ? [color.yellow(`${faulty} failed as expected in this broken lab`)] : []),
        ...(event.failed > 0 ? [color.red(`${event.failed} failed`)] : []),
        ...(event.skipped > 0 ? [color.yellow(`${event.skipped} skipped`)] : []),
      ];
      line(`  checks: ${parts.join(", ")} in ${formatDuration(event.ms)}`);
    },
    down(event) {
      results.flush();
      if (event.failures.length > 0) {
        line(`  ${color.red("✗")} ${count(event.failures.length, "step")} of taking down failed:`);
        for (const failure of event.failures) line(formatFailure(failure, "    "));
      }
      line(
        `${event.failures.length > 0 ? " " : `  ${color.green("✓")}`} ${event.labName} is down: ${count(event.removed, "resource")} removed in ${formatDuration(event.ms)}`,
      );
    },
    artifacts(event) {
      line(`  artifacts: ${event.folder}`);
    },
  };

  function listOperations(operations: readonly Operation[], indent: string): void {
    const shown = options.verbose ? operations : operations.slice(0, LISTED);
    for (const operation of shown) line(`${indent}${formatDifference(operation, color)}`);
    if (shown.length < operations.length)
      line(`${indent}… and ${operations.length - shown.length} more (--debug lists all)`);
  }

  function checkLines(result: CheckResult): void {
    const time = color.gray(formatDuration(result.ms));
    if (result.status === "skipped") {
      line(
        `  ${color.yellow("-")} ${checkTitle(result, families)}  ${color.yellow(`skipped: ${printable(result.reason ?? "no reason given")}`)}`,
      );
      return;
    }
    const failed = result.status === "failed";
    const expected = result.expectedToFail
      ? color.gray(failed ? "  (should have failed: broken on purpose)" : "  (fails: broken on purpose)")
      : "";
    line(
      `  ${failed ? color.red("✗") : result.expectedToFail ? color.yellow("!") : color.green("✓")} ${failed ? color.bold(checkTitle(result, families)) : checkTitle(result, families)}  ${time}${expected}`,
    );
    const labelled = (label: string, text: string): void => {
      // A long label is printed above its text, in line with the others.
      const isLong = label.length >= LABEL;
      if (isLong) line(`      ${color.cyan(`${label}:`)}`);
      for (const [i, row] of wrapText(printableLines(text), Math.max(options.columns - LABEL - 7, 40)).entries())
        line(`      ${i === 0 && !isLong ? color.cyan(`${label}:`.padEnd(LABEL)) : " ".repeat(LABEL)}${row}`);
    };
    if (failed) {
      for (const { label, text } of failureFacts(result)) {
        // A command and a position stay in one piece, to be copied.
        if (label === "try" || label === "in file") line(`      ${color.cyan(`${label}:`.padEnd(LABEL))}${text}`);
        else labelled(label, text);
      }
      if (result.matrix !== undefined) for (const row of result.matrix.trimEnd().split("\n")) line(`        ${row}`);
      return;
    }
    if (result.expectedToFail) {
      if (result.differs !== undefined) labelled("differs", result.differs);
      if (result.dropped !== undefined) labelled("dropped by", result.dropped);
      if (result.lastSeen !== undefined) labelled("last seen", result.lastSeen);
    }
    if (result.explain !== undefined) labelled("because", result.explain);
  }

  return {
    onEvent(event) {
      // A check that never ends (the agent is gone) does not hold back messages about it.
      if (event.type === "diagnostic") results.flush();
      (handlers[event.type] as (event: StampedEvent) => void)(event);
    },
  };
}

export const plainReporter: ReporterDefinition = {
  name: "plain",
  use: { by: "default" },
  make: makePlainReporter,
};
