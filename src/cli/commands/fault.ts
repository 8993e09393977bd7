/** `k8snet-lab fault`: faults of a running lab, injected and undone. */
import type { Command } from "commander";
import { UsageError } from "../../errors.ts";
import { nameFault } from "../../faults/inject.ts";
import type { FaultKind } from "../../faults/kind.ts";
import { FAULT_KINDS, faultKind } from "../../faults/registry.ts";
import type { FaultDocument } from "../../faults/schema.ts";
import { didYouMean } from "../../syntax/nearest.ts";
import { addChangeOptions, changeLab, type ChangeOptions } from "../change-lab.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";
import { withLab } from "../with-lab.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Inject a fault into a running lab, list those that are active, undo them. A fault lasts until it is undone or the lab is taken down: `up`, `repair` and `diff` know it as one on purpose. " +
        `Kinds: ${FAULT_KINDS.map(({ kind }) => kind).join(", ")}.`,
    )
    .argument("<LAB>", "name of a running lab, or its file")
    .argument("[WHAT]", "list (the default), undo, a kind of fault, or the name of one of the lab file")
    .argument("[WORDS...]", "of a kind: WHERE and settings, percent=30; of undo: names, default all");
  addChangeOptions(command).action(
    async (lab: string, what: string | undefined, words: readonly string[], options: ChangeOptions) => {
      if (what === undefined || what === "list") return list(lab, options, context);
      const { injectFault, undoFaults } = await import("../../live/faults.ts");
      const kind = faultKind(what);
      const change =
        what === "undo"
          ? undoFaults(words)
          : injectFault(kind === undefined ? named(what, words) : document(kind, words));
      await changeLab({
        lab,
        purpose: `fault ${what}`,
        change,
        whole: true,
        options: { ...options, wait: false },
        context,
      });
      await list(lab, options, context);
    },
  );
  addExample(
    command,
    "k8snet-lab fault overlay loss node1/eth0 percent=30",
    "k8snet-lab fault overlay partition between=node1 and=node2",
    "k8snet-lab fault overlay undo",
  );
}

function list(lab: string, options: ChangeOptions, context: CliContext): Promise<void> {
  return withLab(lab, options, context, (opened) => {
    const faults = opened.lab.injected ?? [];
    if (faults.length === 0) context.stdout.write("no fault is active\n");
    for (const fault of faults) context.stdout.write(`${nameFault(fault)}\n`);
  });
}

function named(what: string, words: readonly string[]): string {
  if (words.length === 0) return what;
  const kinds = FAULT_KINDS.map(({ kind }) => kind);
  throw new UsageError(`unknown kind of fault "${what}"`, didYouMean(what, kinds, "there are") ?? "");
}

/** `30`, `true`, `a,b` as a list, else text. */
function valueOf(text: string): unknown {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text.includes(",") ? text.split(",") : text;
}

/** Words of the command line as a lab file would say them. */
function document({ kind, schema }: FaultKind, words: readonly string[]): FaultDocument {
  const said = Object.fromEntries(
    words.map((word): [string, unknown] => {
      const [, key, value] = /^([A-Za-z]+)=(.*)$/.exec(word) ?? [];
      return key === undefined ? ["at", word] : [key, valueOf(value ?? "")];
    }),
  );
  const { success, data, error } = schema.safeParse(said);
  if (success) return { [kind]: data };
  const [issue] = error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new UsageError(
    `${kind}${where === "" ? "" : `, ${where}`}: ${issue?.message ?? "not understood"}`,
    `write k8snet-lab fault LAB ${kind} WHERE KEY=VALUE…; the fields are in labs/docs/faults.md`,
  );
}
