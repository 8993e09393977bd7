/** `k8snet-lab validate`: all mistakes of lab files, and nothing else. */
import type { Command } from "commander";
import { EXIT, InputError, formatDiagnostic, isMistake } from "../../errors.ts";
import type { Diagnostic } from "../../errors.ts";
import { printableJson } from "../../printable.ts";
import { detectCi } from "../../report/ci.ts";
import { paint } from "../../report/color.ts";
import type { CliContext } from "../context.ts";
import { loadFileToBuild } from "../load-file.ts";
import { addExample, addHostLinksOption, addNetworkOptions, addStrictOption } from "../options.ts";
import type { NetworkOptions } from "../options.ts";

interface ValidateOptions extends NetworkOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
  readonly allowHostLinks?: boolean;
}

export function configure(command: Command, context: CliContext): void {
  addHostLinksOption(addStrictOption(addNetworkOptions(command)))
    .description("Check lab files and their manifests without touching anything. Exit code 2 when there is a mistake.")
    .argument("<FILE...>", "lab files; - reads from stdin")
    .option("--json", "one JSON object per mistake and line: {severity, message, source, hint, path}")
    .action(async (files: readonly string[], options: ValidateOptions) => {
      const found: Diagnostic[] = [];
      const good: string[] = [];
      for (const file of files) {
        const diagnostics = await diagnose(file, context, options);
        found.push(...diagnostics);
        if (!diagnostics.some(isMistake)) good.push(file);
      }
      await print(found, good, options, context);
      if (good.length < files.length) context.exitCode = EXIT.badInput;
    });
  addExample(command, "k8snet-lab validate labs/*.yaml");
}

async function diagnose(file: string, context: CliContext, options: ValidateOptions): Promise<readonly Diagnostic[]> {
  try {
    return (await loadFileToBuild(file, context, options)).warnings;
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
}

async function print(
  found: readonly Diagnostic[],
  good: readonly string[],
  options: ValidateOptions,
  context: CliContext,
): Promise<void> {
  if (options.json === true) {
    for (const diagnostic of found) context.stdout.write(`${printableJson(diagnostic)}\n`);
    return;
  }
  const color = paint(context.stdout, context.env);
  for (const diagnostic of found) context.stderr.write(`${formatDiagnostic(diagnostic)}\n`);
  for (const file of good) context.stdout.write(`${color.green("✓")} ${file}\n`);
  if (detectCi(context.env) === "github") {
    const { formatAnnotation } = await import("../../report/github.ts");
    for (const { severity, message, source } of found)
      context.raw.stdout.write(
        `${formatAnnotation({ level: severity, title: "k8snet-lab validate", message, ...source })}\n`,
      );
  }
}
