/** How an operation that failed is shown: what, why, the command that does the same, what the kernel said. */
import type { OperationFailure } from "../errors.ts";
import { printable, printableLines } from "../printable.ts";

export function formatFailure(failure: OperationFailure, indent = "  "): string {
  const lines = [`${indent}${printable(failure.operation)}`];
  const add = (label: string, text: string): void => {
    const [first = "", ...rest] = printableLines(text.trimEnd()).split("\n");
    lines.push(`${indent}  ${label.padEnd(9)}${first}`, ...rest.map((line) => `${indent}           ${line}`));
  };
  if (failure.stderr !== "") add("said:", failure.stderr);
  if (failure.command !== "") add("command:", failure.command);
  if (failure.cause !== "") add("cause:", failure.cause);
  return lines.join("\n");
}
