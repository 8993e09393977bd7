/** What is said when the connection to an agent breaks: its own last words, if it had any. */
import { readFileSync } from "node:fs";
import { agentLogPath } from "../agent/state-folder.ts";
import { EXIT, LabError } from "../errors.ts";

/** Characters of the log that are quoted. */
const TAIL = 4000;

/** `said`: what it wrote to our pipe before it had a lab; `ended`: exit code or signal, where known. */
export function agentGone(parent: string, lab: string | undefined, said = "", ended?: string): LabError {
  const words = [said, lab === undefined ? "" : logTail(parent, lab)]
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const why = ended === undefined ? "" : ` (${ended})`;
  return new LabError("EAGENT", EXIT.buildFailed, [`the lab's agent is gone${why}`, ...words].join("\n"), {
    hint: "k8snet-lab ls shows what it left, k8snet-lab gc sweeps it",
  });
}

function logTail(parent: string, lab: string): string {
  try {
    return readFileSync(agentLogPath(parent, lab), "utf8").slice(-TAIL);
  } catch {
    return ""; // gone with the lab
  }
}
