/**
 * Source text without comments, strings and the text of templates: what is left is code.
 *
 * @module
 */

/** Comments, strings, and the pieces of templates between expressions. */
const PLAIN_REGEXP = /\/\*[^]*?\*\/|(?<![:\\])\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y;

const SHOWN_CHARACTERS = 40;

/** The code of a source text; strings become `""`. */
export function codeOnly(text: string): string {
  let code = "";
  // For each open template, the depth of braces in its current expression; -1 in its text.
  const templates: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const depth = templates.at(-1);
    const char = text[index] ?? "";
    if (depth === -1) {
      if (char === "\\") index++;
      else if (char === "`") templates.pop();
      else if (char === "$" && text[index + 1] === "{") {
        templates[templates.length - 1] = 0;
        index++;
      }
      continue;
    }
    PLAIN_REGEXP.lastIndex = index;
    const [plain] = PLAIN_REGEXP.exec(text) ?? [];
    if (plain !== undefined) {
      code += plain.startsWith("/") ? " " : '""';
      index += plain.length - 1;
      continue;
    }
    if (char === "`") {
      code += '""';
      templates.push(-1);
    } else if (depth !== undefined && char === "{") templates[templates.length - 1] = depth + 1;
    else if (depth === 0 && char === "}") templates[templates.length - 1] = -1;
    else if (depth !== undefined && char === "}") templates[templates.length - 1] = depth - 1;
    if (depth !== 0 || char !== "}") code += char;
  }
  return code;
}

/** The type assertions of a source text, each with the code after it; `as const` is none. */
export function typeAssertions(text: string): string[] {
  const code = codeOnly(text)
    .replaceAll(
      /\b(?:import|export)\s+(?:type\s+)?(?:\w+\s*,\s*)?(?:\{[^}]*\}|\*\s+as\s+\w+)/g,
      "",
    );
  return [...code.matchAll(/\bas\s+(?!const\b)(?=[\w"{(\[])/g)]
    .map(({ index }) => code.slice(index, index + SHOWN_CHARACTERS));
}
