/** Expectations of checks: outcomes, which target answered, patterns. */
import { messageOf } from "../errors.ts";
import type { ResolveContext } from "./resolve-context.ts";
import { readDestination } from "../targets/destination.ts";
import type { Scope } from "../syntax/scope.ts";

/** What is wrong with a regular expression: the engine's message. */
function patternProblem(source: string, flags: string): string | undefined {
  try {
    RegExp(source, flags);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** `/regular expression/` must be one; plain text always is. */
export function checkPattern(text: string | undefined, scope: Scope): void {
  const [, source, flags] = /^\/(.+)\/([a-z]*)$/s.exec(text ?? "") ?? [];
  const problem = source === undefined ? undefined : patternProblem(source, flags ?? "");
  if (problem !== undefined) {
    scope.error(
      `${text} is not a regular expression: ${problem}`,
      "escape special characters with a backslash; plain text needs no slashes",
    );
  }
}

export interface Answer {
  readonly outcome?: "open" | "refused" | "reset" | "timeout" | "unreachable" | "noname" | undefined;
  readonly sourceIP?: string | undefined;
  readonly hostname?: string | undefined;
}

/** What a server's answer must be; default `open`. */
export function readAnswer(expect: Answer | string | undefined, context: ResolveContext, scope: Scope) {
  const fields: Answer =
    typeof expect === "object" ? expect : { outcome: (expect ?? "open") as NonNullable<Answer["outcome"]> };
  const sourceIP =
    fields.sourceIP === undefined
      ? undefined
      : readDestination(fields.sourceIP, context.index, scope.at("expect", "sourceIP"));
  if (sourceIP?.kind === "name")
    scope
      .at("expect", "sourceIP")
      .error(`"${fields.sourceIP}" is neither a target nor an address`, "write pod/NAME, a node's name or an address");
  return { outcome: fields.outcome ?? ("open" as const), sourceIP, hostname: fields.hostname };
}
