/** Policy routing rules: `ip rule`. */
import type { RuleResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";

function line(verb: string, rule: RuleResource, shell: Shell): string {
  const { from, to, iif, oif, fwmark, table, priority } = rule;
  return shell.ipFamily(
    rule,
    rule.family,
    "rule",
    verb,
    "from",
    from ?? "all",
    ...(to === undefined ? [] : ["to", to]),
    ...(iif === undefined ? [] : ["iif", iif]),
    ...(oif === undefined ? [] : ["oif", oif]),
    ...(fwmark === undefined ? [] : ["fwmark", fwmark]),
    "lookup",
    table,
    "priority",
    priority,
  );
}

/** The kernel's own, elsewhere. */
function own(verb: string, rule: RuleResource, shell: Shell): readonly string[] {
  return rule.movedFrom === undefined ? [] : [line(verb, { ...rule, priority: rule.movedFrom }, shell)];
}

export const ruleEncoder: KindEncoder<RuleResource> = {
  create: (rule, shell) => [line("add", rule, shell), ...own("del", rule, shell)],
  update: (rule, before, shell) => [
    ...(before === undefined ? [] : [line("del", before, shell)]),
    line("add", rule, shell),
  ],
  remove: (rule, shell) => [...own("add", rule, shell), line("del", rule, shell)],
};
