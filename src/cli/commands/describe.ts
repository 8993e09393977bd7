/** `k8snet-lab describe`: the lesson of a lab: what it shows, what to try. */
import type { Command } from "commander";
import { paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { readLab } from "../read-lab.ts";
import { addDriverOptions, addExample, type DriverOptions } from "../options.ts";

/** Lines longer than this are hard to read. */
const WIDEST = 100;

export function configure(command: Command, context: CliContext): void {
  command
    .description("Print the lesson of a lab. On a terminal it is laid out for reading; otherwise it is the Markdown.")
    .argument("<LAB>", "name of a running lab, or a lab file (- reads from stdin)");
  addDriverOptions(command).action(async (labText: string, options: DriverOptions) => {
    const { title, name, description = "This lab has no description." } = await readLab(labText, options, context);
    const heading = title ?? name;
    if (!context.stdout.isTTY) {
      context.stdout.write(`# ${heading}\n\n${description.trimEnd()}\n`);
      return;
    }
    const { layoutMarkdown } = await import("../../report/markdown.ts");
    const color = paint(context.stdout, context.env);
    const styles = { strong: color.bold, emphasis: color.yellow, code: color.cyan } as const;
    const lines = layoutMarkdown(description, Math.min(context.stdout.columns ?? WIDEST, WIDEST));
    const text = lines.map(({ kind, spans }) => {
      const words = spans
        .map((span) => (span.style === undefined ? span.text : styles[span.style](span.text)))
        .join("");
      return kind === "heading" ? color.bold(words) : kind === "code" ? color.cyan(words) : words;
    });
    context.stdout.write(`${color.bold(heading)}\n\n${text.join("\n")}\n`);
  });
  addExample(command, "k8snet-lab describe overlay", "k8snet-lab describe labs/overlay.yaml");
}
