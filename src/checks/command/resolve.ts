/** What a check of kind command means. */
import type { CheckResolver } from "../kind.ts";
import type { Check } from "../../lab/check.ts";
import type { Target } from "../../net/target.ts";
import { checkPattern } from "../check-expectation.ts";
import { common, readFrom } from "../resolve-context.ts";
import type { commandSchema } from "./schema.ts";

export interface CommandCheck extends Check {
  readonly kind: "command";
  readonly from: readonly Target[];
  readonly argv: readonly string[];
  readonly expect: {
    readonly exitCode: number;
    readonly stdout?: string | undefined;
    readonly stderr?: string | undefined;
  };
}

export const resolveCommand: CheckResolver<typeof commandSchema, CommandCheck> = (doc, fields, context, scope) => {
  const from = readFrom(doc.from, context, scope);
  const expect = typeof doc.expect === "object" ? doc.expect : { exitCode: doc.expect };
  if (doc.command[0] === "")
    scope.at("command", 0).error("the program's name is empty", "write the program first: [ip, route]");
  checkPattern(expect.stdout, scope.at("expect", "stdout"));
  checkPattern(expect.stderr, scope.at("expect", "stderr"));
  return {
    ...common(fields, from),
    kind: "command",
    from,
    argv: doc.command,
    expect: { ...expect, exitCode: expect.exitCode ?? 0 },
  };
};
