/** Processes of containers, started in the background. */
import { processEnvironment } from "./environment.ts";
import type { ProcessResource } from "./definition.ts";
import type { KindEncoder, Shell } from "../encode-kind.ts";
import { printable } from "../../printable.ts";

function start(process: ProcessResource, shell: Shell): readonly string[] {
  const env = Object.entries(processEnvironment(process)).map(([key, value]) => `${key}=${value}`);
  const cwd = process.cwd === undefined ? [] : ["--chdir", process.cwd];
  const prefix = env.length === 0 && cwd.length === 0 ? [] : ["env", ...cwd, ...env];
  return [`${shell.exec(process, ...prefix, ...process.argv)} &`];
}

export const processEncoder: KindEncoder<ProcessResource> = {
  create: start,
  update: (process, _before, shell) => start(process, shell),
  remove: (process, shell) => [`# ${printable(`end the process ${process.name} in ${shell.name(process)}`)}`],
};
