// Markdown as agents write it, made of DOM nodes one by one: recorded text never becomes HTML. What it does not know it shows
// as it came. Each step goes forward, so that no text takes more than a time that grows with its length.

import { shown } from "./text.js";

const FENCE = /^ {0,3}(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEPTH_MAX = 6;
/** A longer line is words: nobody wrote it as a heading or a table. */
const LINE_MAX = 4000;

function make(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

/** A text as nodes. */
export function markdown(text) {
  const to = document.createDocumentFragment();
  blocks(shown(text).split("\n"), to, 0);
  return to;
}

function blocks(lines, to, depth) {
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    let found;
    if (line.length > LINE_MAX) {
      to.append(make("p", "", line));
      at++;
    } else if (!line.trim()) {
      at++;
    } else if ((found = FENCE.exec(line))) {
      at = fence(lines, at, found, to);
    } else if ((found = HEADING.exec(line))) {
      to.append(inline(make("p", "md-h md-h" + found[1].length), found[2].trim().replace(/ #{1,6}$/, "")));
      at++;
    } else if (RULE.test(line)) {
      to.append(make("hr"));
      at++;
    } else if (QUOTE.test(line) && depth < DEPTH_MAX) {
      const quoted = [];
      while (at < lines.length && (found = QUOTE.exec(lines[at]))) {
        quoted.push(found[1]);
        at++;
      }
      const quote = make("blockquote");
      blocks(quoted, quote, depth + 1);
      to.append(quote);
    } else if (ITEM.test(line) && depth < DEPTH_MAX) {
      at = list(lines, at, to, depth);
    } else if (line.includes("|") && at + 1 < lines.length && lines[at + 1].includes("-") && lines[at + 1].length < 2000
        && TABLE_RULE.test(lines[at + 1])) {
      at = table(lines, at, to);
    } else {
      const words = [line];
      at++;
      while (at < lines.length && lines[at].trim() && !begins(lines[at])) {
        words.push(lines[at]);
        at++;
      }
      const paragraph = make("p");
      paragraph.dir = "auto";
      to.append(inline(paragraph, words.join("\n")));
    }
  }
}

const begins = line => line.length > LINE_MAX || FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);

function fence(lines, from, [, mark, info], to) {
  const code = [];
  let at = from + 1;
  const end = new RegExp("^ {0,3}" + (mark[0] === "`" ? "`" : "~") + "{" + mark.length + ",}\\s*$");
  while (at < lines.length && !end.test(lines[at])) {
    code.push(lines[at]);
    at++;
  }
  to.append(codeBlock(code.join("\n"), info.trim().split(/\s/)[0]));
  return at + 1;
}

function list(lines, from, to, depth) {
  const [, indent, mark] = ITEM.exec(lines[from]);
  const ordered = /\d/.test(mark);
  const made = make(ordered ? "ol" : "ul");
  if (ordered && Number.parseInt(mark, 10) !== 1) {
    made.start = Number.parseInt(mark, 10);
  }
  let at = from;
  let item = null;
  while (at < lines.length) {
    const found = ITEM.exec(lines[at]);
    if (found && found[1].length <= indent.length + 1 && /\d/.test(found[2]) === ordered) {
      if (item) {
        finish(item, made, depth);
      }
      item = [found[3]];
    } else if (lines[at].trim() && (/^\s{2,}/.test(lines[at]) || (!begins(lines[at]) && lines[at - 1].trim()))) {
      item.push(lines[at].replace(/^ {1,4}/, ""));
    } else if (!lines[at].trim() && at + 1 < lines.length && (/^\s{2,}\S/.test(lines[at + 1]) || ITEM.test(lines[at + 1]))) {
      item.push("");
    } else {
      break;
    }
    at++;
  }
  finish(item, made, depth);
  to.append(made);
  return at;
}

function finish(lines, list, depth) {
  const item = make("li");
  const task = /^\[([ xX])\]\s+/.exec(lines[0]);
  if (task) {
    item.append(task[1] === " " ? "☐ " : "☑ ");
    lines[0] = lines[0].slice(task[0].length);
  }
  while (lines.length > 1 && !lines[lines.length - 1].trim()) {
    lines.pop();
  }
  if (lines.length === 1) {
    inline(item, lines[0]);
  } else {
    blocks(lines, item, depth + 1);
  }
  list.append(item);
}

const cells = line => line.trim().replace(/^\|/, "").replace(/\|$/, "").split("|");

function table(lines, from, to) {
  const head = make("tr");
  cells(lines[from]).forEach(cell => head.append(inline(make(cell.trim() ? "th" : "td"), cell.trim())));
  const body = make("tbody");
  let at = from + 2;
  while (at < lines.length && lines[at].includes("|")) {
    const row = make("tr");
    cells(lines[at]).forEach(cell => row.append(inline(make("td"), cell.trim())));
    body.append(row);
    at++;
  }
  const scroll = make("div", "scroll", make("table", "md-table", make("thead", "", head), body));
  scroll.tabIndex = 0;
  to.append(scroll);
  return at;
}

// What may stand within a line. Each alternative is bounded and begins with a character of its own.
const INLINE = /(`{1,8})([^`]|[^`][\s\S]{0,2000}?[^`])\1(?!`)|\*\*([^\s*][^*]{0,1000}?)\*\*|__([^\s_][^_]{0,1000}?)__|~~([^~]{1,1000}?)~~|\*([^\s*][^*\n]{0,1000}?)\*|(?<![\p{L}\p{N}])_([^\s_][^_\n]{0,1000}?)_(?![\p{L}\p{N}])|(!?)\[([^\][\n]{0,1000})\]\(([^\s()<>]{1,2000})(?:\s+"[^"\n]{0,500}")?\)|(https?:\/\/[^\s<>"'`)\]]{1,2000})/gu;

function inline(to, text) {
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, ticks, code, bold, bold2, struck, italic, italic2, bang, label, target, bare] = found;
    to.append(text.slice(last, found.index));
    last = found.index + whole.length;
    if (ticks) {
      to.append(make("code", "", code.trim()));
    } else if (bold ?? bold2) {
      to.append(make("strong", "", bold ?? bold2));
    } else if (struck) {
      to.append(make("s", "", struck));
    } else if (italic ?? italic2) {
      to.append(make("em", "", italic ?? italic2));
    } else if (target) {
      to.append(bang ? picture(label, target) : link(label, target));
    } else {
      const address = bare.replace(/[.,;:!?]+$/, "");
      to.append(link(address, address), bare.slice(address.length));
    }
  }
  to.append(text.slice(last));
  return to;
}

/** Only addresses of the web lead anywhere, and never without their host being seen. */
function link(label, target) {
  let address;
  try {
    address = new URL(target);
  } catch {
    return make("span", "", label + " (" + target + ")");
  }
  if (address.protocol !== "https:" && address.protocol !== "http:") {
    return make("span", "", label + " (" + target + ")");
  }
  const made = make("a", "", label || target);
  made.href = address.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer nofollow";
  made.title = target;
  return label.includes(address.host) ? made : make("span", "", made, make("span", "muted", " (" + address.host + ")"));
}

/** Pictures of recordings are not loaded: whoever has the address would see who reads. */
const picture = (label, target) => make("span", "md-image", "image: " + (label || "") + " (" + target + ")");

const TOKENS = /(\/\/[^\n]*|#(?![\da-fA-F]{3,8}\b)[^\n]*|\/\*[\s\S]{0,5000}?\*\/)|("(?:[^"\\\n]|\\.){0,2000}"|'(?:[^'\\\n]|\\.){0,2000}'|`(?:[^`\\]|\\.){0,2000}`)|\b(\d+(?:\.\d+)?)\b|\b(const|let|var|function|return|if|else|for|while|class|new|import|export|from|async|await|try|catch|throw|public|private|static|final|void|int|long|boolean|def|elif|in|not|and|or|None|True|False|true|false|null|undefined|type|interface|struct|fn|func|package|select|where|insert|update|delete|create|table)\b/g;
const KINDS = ["", "tok-comment", "tok-string", "tok-number", "tok-word"];
const HIGHLIGHT_MAX = 20_000;
const CODE_MAX = 60_000;

/** A block of code, in colours if it is short. */
export function codeBlock(code, language) {
  const made = make("code");
  const cut = code.length > CODE_MAX ? code.slice(0, CODE_MAX) + "\n… " + (code.length - CODE_MAX) + " more characters" : code;
  if (cut.length > HIGHLIGHT_MAX || /^(text|txt|plain)?$/i.test(language || "")) {
    made.append(cut);
  } else {
    highlight(made, cut);
  }
  const pre = make("pre", "code", made);
  pre.tabIndex = 0;
  if (language) {
    pre.dataset.language = language.slice(0, 20);
  }
  return pre;
}

/** Adds code in colours. */
function highlight(to, code) {
  let last = 0;
  for (const found of code.matchAll(TOKENS)) {
    to.append(code.slice(last, found.index));
    last = found.index + found[0].length;
    const kind = found.slice(1).findIndex(group => group !== undefined) + 1;
    to.append(make("span", KINDS[kind], found[0]));
  }
  to.append(code.slice(last));
}
