/**
 * Words that messages, comments and pages of this project avoid, each with what to write instead. They are correct English in some
 * places, but were overused here in a way that no native engineer would write. scripts/check-words.ts looks for them.
 */

export interface Word {
  readonly pattern: RegExp;
  readonly instead: string;
  /** At the beginning of comments only. */
  readonly opening?: true;
}

export const WORDS: readonly Word[] = [
  {
    pattern: /\b(?:tells?|told|telling)\b/i,
    instead: "report, show, pass; distinguish (tell apart); determine (cannot tell)",
  },
  {
    pattern: /\b(?:nobody|somebody|anybody)\b/i,
    instead: "nothing, no client; someone, another user; name who is meant",
  },
  { pattern: /\bwho(?:m?ever)\b/i, instead: "the user who, the process that, the caller" },
  { pattern: /\banew\b/i, instead: "again; recreate, restart, rebuild" },
  { pattern: /\bmend(?:s|ed|ing)?\b/i, instead: "fix, repair" },
  { pattern: /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|different\b)[a-z]/i, instead: "is not a" },
  { pattern: /\bno more\b(?! (?:than|of|\w+s\b))/i, instead: "no longer" },
  { pattern: /\b(?:it|them)(?:self|selves) alone\b|\bby (?:itself|themselves)\b/i, instead: "on its own" },
  { pattern: /\b(?:is|are|was) through\b(?! \w)/i, instead: "has finished" },
  { pattern: /\b(?:is|are|was|were) there already\b/i, instead: "already exists" },
  {
    pattern: /\bso (?:long|many|much) as\b|\b(?:after|for|up to|than) so (?:long|many|much)\b/i,
    instead: "as long as; this many",
  },
  { pattern: /\b(?:gets?|getting|got) on\b/i, instead: "make progress" },
  { pattern: /\b(?:go|goes|going|went) on\b(?! (?:the|to|a)\b)/i, instead: "continue, keep running" },
  { pattern: /\bover several\b/i, instead: "across several" },
  { pattern: /\bunasked\b/i, instead: "without a request, automatically" },
  { pattern: /\b(?:says|said|say) so\b/i, instead: "name what it says" },
  { pattern: /\bwithout a word\b/i, instead: "silently" },
  { pattern: /\bstands? (?:already|twice)\b/i, instead: "is defined" },
  { pattern: /\bby chance\b/i, instead: "at random" },
  { pattern: /\bstrangers?\b/i, instead: "foreign, not part of the lab" },
  { pattern: /\b(?:bears|owes|owed)\b/i, instead: "has; is pending" },
  { pattern: /\bspeaks? (?:of|for)\b|\bspoken (?:of|here)\b/i, instead: "refer to, mention; support" },
  { pattern: /\b(?:is|are|was|were) said\b/i, instead: "is reported" },
  {
    pattern: /^(?:\W*)Of (?:a|an|the|what|its|their|this|one|two|several)\b(?!.*[,:])/,
    instead: "begin with the noun",
    opening: true,
  },
];

/** Where a word of the list is right: a name, a quotation, a format that users have. By path and text. */
export const ALLOWED: readonly { readonly file: RegExp; readonly text: RegExp }[] = [
  // Objects of labs are called so.
  {
    file: /^labs\//,
    text: /\b(?:pod|svc)\/(?:stranger|nobody)\b|\bname: (?:strangers?|nobody)\b|\bnobody\.default\b|`stranger`| stranger (?:──|web)/,
  },
  // The event of --json has this name.
  { file: /^src\/report\/json\.ts$|^labs\/docs\/commands\.md$/, text: /`strangers\\?`/ },
  // The hash of this file says whether a base is current: it is not worth another one.
  { file: /^scripts\/base-image$/, text: /^# The label tells/ },
  // Calico's own message.
  { file: /^src\/cluster\/cni\/calico\/ipam\.ts$/, text: /No more free affine blocks/ },
  // tcpdump prints it like this.
  { file: /^src\/capture\/format-packet\.ts$/, text: /who-has/ },
];
