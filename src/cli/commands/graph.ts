/** `k8snet-lab graph`: the topology as a picture in text. */
import { Option, type Command } from "commander";
import type { Lab } from "../../lab/lab.ts";
import type { CliContext } from "../context.ts";
import { loadFile } from "../load-file.ts";
import { addExample, addNetworkOptions } from "../options.ts";
import type { NetworkOptions } from "../options.ts";

const FORMATS = {
  mermaid: async () => (await import("../../report/graph-mermaid.ts")).graphMermaid,
  dot: async () => (await import("../../report/graph-dot.ts")).graphDot,
  svg: async () => (await import("../../report/graph-svg.ts")).graphSvg,
} satisfies Record<string, () => Promise<(lab: Lab) => string>>;
type Format = keyof typeof FORMATS;

export function configure(command: Command, context: CliContext): void {
  addNetworkOptions(command)
    .description("Print the topology of a lab file: for Markdown (mermaid), Graphviz (dot) or as a picture (svg).")
    .argument("<LAB.yaml>", "lab file; - reads from stdin")
    .addOption(new Option("--format <FORMAT>", "mermaid, dot or svg").choices(Object.keys(FORMATS)).default("mermaid"))
    .action(async (file: string, options: NetworkOptions & { format: Format }) => {
      const { lab } = await loadFile(file, context, options);
      const graph = await FORMATS[options.format]();
      context.stdout.write(`${graph(lab).trimEnd()}\n`);
    });
  addExample(command, "k8snet-lab graph labs/overlay.yaml --format svg > overlay.svg");
}
