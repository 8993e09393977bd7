/** The text of a manifest file as documents; kustomize's own files contain none. */
import { basename } from "node:path";
import { KUSTOMIZATION } from "./manifest-objects.ts";
import { parseStream, type Stream } from "../syntax/yaml-stream.ts";

/** By its name: it may have no kind. */
const KUSTOMIZATION_FILE = /^kustomization(\.ya?ml)?$/i;

/** Never throws: what cannot be read becomes a diagnostic. */
export function parseManifests(text: string, file: string): Stream {
  if (KUSTOMIZATION_FILE.test(basename(file))) {
    const source = { file, line: 1, column: 1 };
    return { documents: [], diagnostics: [{ severity: "warning", source, ...KUSTOMIZATION }] };
  }
  return parseStream(text, file);
}
