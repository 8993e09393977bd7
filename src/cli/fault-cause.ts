/** Which fault on purpose a probe has failed by: it is sent once more, and followed. */
import { LabError } from "../errors.ts";
import { isFaultNote } from "../faults/inject.ts";
import type { OpenLab } from "../workflow/open-lab.ts";
import type { ProbeQuestion } from "./probe-checks.ts";
import { storyQuestion } from "./story-question.ts";

/** As `trace` says it. Undefined: it is not known, it is none, or the question is a matrix. Undefined for a packet that arrives now, too. */
export async function faultCause(
  { lab, client }: OpenLab,
  { from, to, ...asked }: ProbeQuestion,
): Promise<string | undefined> {
  const [source, more] = from;
  if (lab.injected === undefined || source === undefined || more !== undefined || to.length > 1) return undefined;
  if (source === "all" || [source, ...to].some((text) => text.includes(",") || /^all(:|$)/.test(text)))
    return undefined;
  if (asked.sctp === true || (asked.expect !== undefined && asked.expect !== "open")) return undefined;
  const { tellStory } = await import("../story/tell.ts");
  try {
    const { hops, firstWrong, result } = await tellStory(
      { lab, client },
      storyQuestion(lab, source, to[0], asked, "the command line"),
    );
    const texts = (firstWrong === undefined ? undefined : hops[firstWrong]?.differs) ?? [];
    const [first] = texts;
    const isFault = first !== undefined && texts.every(isFaultNote);
    return result.outcome !== "open" && isFault ? texts.join("; ") : undefined;
  } catch (error) {
    if (error instanceof LabError) return undefined; // it cannot listen here: what the probe said still holds
    throw error;
  }
}
