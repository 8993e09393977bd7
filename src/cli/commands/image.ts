/** `k8snet-lab image`: the image of the docker driver's machines: build, list, remove. */
import type { Command } from "commander";
import { formatTable } from "../../report/table.ts";
import type { CliContext } from "../context.ts";
import { addExample } from "../options.ts";

interface ImageCommandOptions {
  readonly context?: string;
  readonly base?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  command.description(
    "The image that the docker driver makes a lab's machines from: Debian's tools, Node and the agent. Its tag is the hash of its content; up builds it when it is missing.",
  );
  const withEngine = (name: string, about: string): Command =>
    command
      .command(name)
      .description(about)
      .helpOption("-h, --help", "print help")
      .option("--context <NAME>", "Docker context (default: as the docker command finds its engine)");
  withEngine("build", "build it if it is missing")
    .option(
      "--base <IMAGE>",
      "what to build on (default: k8snet-lab-base:bookworm if the engine has it, else node:24-bookworm-slim)",
    )
    .option("--force", "build it even if it exists")
    .action((options: ImageCommandOptions) => build(options, context));
  withEngine("ls", "list node images")
    .option("--json", "one JSON array")
    .action((options: ImageCommandOptions) => list(options, context));
  withEngine("rm", "remove the named images, or all unused ones")
    .argument("[TAG...]")
    .action((tags: readonly string[], options: ImageCommandOptions) => remove(tags, options, context));
  addExample(command, "k8snet-lab image build", "k8snet-lab image ls", "k8snet-lab image rm");
}

async function openEngine(
  context: CliContext,
  name: string | undefined,
): Promise<import("../../engine/engine.ts").Engine> {
  const [{ findEngine }, { Engine }] = await Promise.all([
    import("../../engine/address.ts"),
    import("../../engine/engine.ts"),
  ]);
  return Engine.open(findEngine(context.env, name));
}

async function build(options: ImageCommandOptions, context: CliContext): Promise<void> {
  const engine = await openEngine(context, options.context);
  const { ensureImage } = await import("../../engine/image.ts");
  const { tag, built } = await ensureImage(engine, {
    base: options.base,
    force: options.force,
    onProgress: (line) => context.stderr.write(`${line}\n`),
  });
  context.stdout.write(`${tag}${built ? "" : " (already there)"}\n`);
  engine.close();
}

async function list(options: ImageCommandOptions, context: CliContext): Promise<void> {
  const engine = await openEngine(context, options.context);
  const { listImages } = await import("../../engine/image.ts");
  const images = await listImages(engine);
  engine.close();
  if (options.json === true) context.stdout.write(`${JSON.stringify(images, null, 2)}\n`);
  else if (images.length === 0) context.stderr.write("no node image on this engine: k8snet-lab image build\n");
  else {
    const rows = images.map(({ tag, size, created, containers }) => [
      tag,
      `${Math.round(size / 1_000_000)} MB`,
      created,
      String(containers),
    ]);
    context.stdout.write(formatTable(["TAG", "SIZE", "CREATED", "CONTAINERS"], rows));
  }
}

async function remove(tags: readonly string[], options: ImageCommandOptions, context: CliContext): Promise<void> {
  const engine = await openEngine(context, options.context);
  const { removeImages } = await import("../../engine/image.ts");
  for (const tag of await removeImages(engine, tags)) context.stdout.write(`${tag}\n`);
  engine.close();
}
