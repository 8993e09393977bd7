/** Expectations of checks: outcomes, which target answered, patterns. */
import type { ResolveContext } from "./resolve-context.ts";
import { readDestination } from "../targets/destination.ts";
import type { Scope } from "../syntax/scope.ts";

/** What is wrong with a regular expression: the engine's message. */
function patternProblem(source: string, flags: string): string | undefined {
  try {
    return new RegExp(source, flags).source === "" ? "it is empty" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `/regular expression/` must be one; plain text always is. */
export function checkPattern(text: string | undefined, scope: Scope): void {
  const pattern = text === undefined ? null : /^\/([\s\S]+)\/([a-z]*)$/.exec(text);
  const problem = pattern === null ? undefined : patternProblem(pattern[1] ?? "", pattern[2] ?? "");
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
  return {
    outcome: fields.outcome ?? ("open" as const),
    ...(sourceIP === undefined ? {} : { sourceIP }),
    ...(fields.hostname === undefined ? {} : { hostname: fields.hostname }),
  };
}
