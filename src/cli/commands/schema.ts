/** `k8snet-lab schema`: the JSON Schema of lab files. */
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

export function configure(command: Command, context: CliContext): void {
  command
    .description(
      "Print the JSON Schema of lab files. Editors with a YAML language server use it to check and complete.",
    )
    .action(async () => {
      const { labJsonSchema } = await import("../../load/json-schema.ts");
      context.raw.stdout.write(`${JSON.stringify(labJsonSchema(), null, 2)}\n`);
    });
  addExample(
    command,
    "k8snet-lab schema > labs/schema.json",
    "head -1 lab.yaml   # yaml-language-server: $schema=./schema.json",
  );
}
