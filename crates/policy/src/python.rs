//! As much of Python as it takes to see which names a module has.

/// Whether a module binds a name at its top level, so that it can be asked for: by a definition, an import or an assignment, also
/// within `if`, `try` and the like. Where that can't be ruled out (`from x import *`, `global`, `exec`), it does.
pub(crate) fn binds(source: &str, name: &str) -> bool {
    // The indentation of the definition whose body is being read.
    let mut body_of = None;
    for line in logical_lines(source.trim_start_matches(BYTE_ORDER_MARK)) {
        let tokens = tokens(&line.text);
        let is_global = tokens.first() == Some(&"global") && tokens.contains(&name);
        if is_global || tokens.iter().any(|token| DYNAMIC.contains(token)) {
            return true;
        }
        if body_of.is_some_and(|outer| line.indent > outer) {
            continue;
        }
        body_of = matches!(tokens.as_slice(), ["def" | "class", ..] | ["async", "def", ..])
            .then_some(line.indent);
        if line_binds(&tokens, name) {
            return true;
        }
    }
    false
}

/// Some editors begin a file with it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What can bind any name of a module: <https://peps.python.org/pep-0562/> for the last.
const DYNAMIC: [&str; 3] = ["exec", "globals", "__getattr__"];

/// A line as Python sees it: what stands in brackets or after a backslash goes on, strings and comments are gone.
#[derive(Default)]
struct Line {
    indent: usize,
    text: String,
}

fn logical_lines(source: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = Line::default();
    let mut depth = 0_usize;
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '#' => rest = &rest[rest.find('\n').unwrap_or(rest.len())..],
            '"' | '\'' => {
                rest = after_string(rest, letter);
                // Stands for the string, and keeps apart what is around it.
                line.text.push('"');
            }
            '\\' => {
                let mut escaped = rest.strip_prefix('\r').unwrap_or(rest).chars();
                escaped.next();
                rest = escaped.as_str();
            }
            '\n' if depth == 0 => lines.push(std::mem::take(&mut line)),
            ' ' | '\t' if line.text.is_empty() => line.indent += 1,
            _ => {
                match letter {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                line.text.push(letter);
            }
        }
    }
    lines.push(line);
    lines.retain(|line| !line.text.trim().is_empty());
    lines
}

/// What follows a string, of which the first quote has been read.
fn after_string(text: &str, quote: char) -> &str {
    let end: String = [quote; 3].iter().collect();
    let (mut rest, end) = match text.strip_prefix(&end[1..]) {
        Some(rest) => (rest, end),
        None => (text, quote.to_string()),
    };
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(&end) {
            return after;
        }
        // An unfinished string ends with its line.
        if letter == '\n' && end.len() == 1 {
            return rest;
        }
        let mut letters = rest.chars();
        letters.next();
        if letter == '\\' {
            letters.next();
        }
        rest = letters.as_str();
    }
    rest
}

/// Names, numbers and operators.
fn tokens(line: &str) -> Vec<&str> {
    const DOUBLE: [&str; 6] = ["==", "!=", "<=", ">=", ":=", "->"];
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(letter) = rest.chars().next() {
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = if is_name(letter) {
            rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())
        } else if DOUBLE.iter().any(|double| rest.starts_with(double)) {
            2
        } else {
            letter.len_utf8()
        };
        let (token, others) = rest.split_at(length);
        tokens.push(token);
        rest = others.trim_start();
    }
    tokens
}

fn line_binds(tokens: &[&str], name: &str) -> bool {
    let mut tokens = tokens;
    // A compound statement may stand before others in its line: `if fast: handler = one`.
    loop {
        match tokens {
            ["def" | "class", defined, ..] | ["async", "def", defined, ..] => {
                return *defined == name;
            }
            [
                "if" | "elif" | "else" | "try" | "except" | "finally" | "with" | "for" | "while"
                | "async",
                ..,
            ] => {
                let colon = outermost(tokens, ":").next().unwrap_or(tokens.len());
                let (head, body) = tokens.split_at(colon);
                if head_binds(head, name) {
                    return true;
                }
                tokens = body.get(1..).unwrap_or_default();
            }
            _ => break,
        }
    }
    let ends: Vec<usize> = outermost(tokens, ";").chain([tokens.len()]).collect();
    let starts = [0].into_iter().chain(ends.iter().map(|end| end + 1));
    let mut statements = starts.zip(&ends).filter_map(|(start, end)| tokens.get(start..*end));
    statements.any(|statement| statement_binds(statement, name))
}

/// Whether what stands before the colon of a compound statement binds the name: `with x as a`, `for a, b in x`.
fn head_binds(head: &[&str], name: &str) -> bool {
    let targets = match head {
        ["for", targets @ ..] | ["async", "for", targets @ ..] => {
            targets.split(|token| *token == "in").next().unwrap_or_default()
        }
        _ => &[],
    };
    let is_named = |pair: &[&str]| matches!(pair, ["as", bound] if *bound == name);
    assigned(targets, name) || head.windows(2).any(is_named) || walrus(head, name)
}

fn statement_binds(tokens: &[&str], name: &str) -> bool {
    match tokens {
        ["import", imported @ ..] => imports(imported, name),
        ["from", from @ ..] => {
            let imported = from.split(|token| *token == "import").nth(1).unwrap_or_default();
            imported.first() == Some(&"*") || imports(imported, name)
        }
        _ => {
            let targets = outermost(tokens, "=").last().map_or(&[][..], |last| &tokens[..last]);
            assigned(targets, name) || walrus(tokens, name)
        }
    }
}

/// Whether an import's list has the name: `a`, `a.b`, `x as a`.
fn imports(list: &[&str], name: &str) -> bool {
    list.split(|token| matches!(*token, "," | "(" | ")" | ";")).any(|item| match item {
        [.., "as", alias] => *alias == name,
        [first, ..] => *first == name,
        [] => false,
    })
}

/// Whether one of an assignment's targets is the name itself, not an attribute or an index.
fn assigned(targets: &[&str], name: &str) -> bool {
    let mut index_depth = 0_i32;
    let mut before = "";
    for token in targets {
        match *token {
            "[" => index_depth += 1,
            "]" => index_depth -= 1,
            _ if *token == name && index_depth == 0 && before != "." => return true,
            _ => {}
        }
        before = token;
    }
    false
}

fn walrus(tokens: &[&str], name: &str) -> bool {
    tokens.windows(2).any(|pair| pair == [name, ":="])
}

/// The places of a token outside all brackets.
fn outermost<'a>(tokens: &'a [&str], wanted: &'a str) -> impl Iterator<Item = usize> + 'a {
    let depths = tokens.iter().scan(0_i32, |depth, token| {
        match *token {
            "(" | "[" | "{" => *depth += 1,
            ")" | "]" | "}" => *depth -= 1,
            _ => {}
        }
        Some(*depth)
    });
    let found = tokens.iter().zip(depths).enumerate();
    found
        .filter(move |(_, (token, depth))| **token == wanted && *depth == 0)
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_binds_the_name() {
        for source in [
            "def handler(event, context): ...",
            "import os\n\nasync def handler(event, context):\n    return 1\n",
            "@wrap(\n    1,\n)\ndef handler(\n    event,\n    context,\n):\n    pass\n",
            "class handler:\n    pass\n",
            "from core import handler",
            "from core import (\n    one,  # first\n    main as handler,\n)",
            "from core import *",
            "import core as handler",
            "import handler.deep",
            "handler = wrap(main)",
            "handler: Callable[[dict], dict] = main",
            "main = handler = make(a=1)",
            "first, handler = make()",
            "(first, handler) = make()",
            "x = 1; handler = 2",
            "if fast:\n    handler = one\nelse:\n    handler = two\n",
            "try:\n    from fast import handler\nexcept ImportError:\n    pass\n",
            "if fast: handler = one",
            "with make() as handler: pass",
            "if (handler := make()): pass",
            "def setup():\n    global handler\n    handler = 1\n",
            "text = \"\"\"\ndef other(): ...\n\"\"\"\nhandler = text",
            "def first():\n    pass\nhandler = first\n",
            "\u{feff}def handler(event): ...",
            "from core import \\\r\n    handler\r\n",
            "for number, handler in enumerate(all): pass",
            "for handler in all: pass",
            "if a: b = 1; handler = 2",
            "globals()['handler'] = main",
            "def __getattr__(name):\n    return main\n",
        ] {
            assert!(binds(source, "handler"), "{source}");
        }
    }

    #[test]
    fn no_line_is_too_long() {
        for piece in ["a;", "if a:", "(", "a=", "def "] {
            assert!(!binds(&piece.repeat(100_000), "handler"), "{piece}");
        }
    }

    #[test]
    fn what_does_not() {
        for source in [
            "",
            "x=1",
            "def handlers(event): ...",
            "def main(handler): ...",
            "def main():\n    handler = 1\n    def handler(): ...\n",
            "class Main:\n    def handler(self): ...\n    handler = 1\n",
            "# def handler(): ...",
            "'''\ndef handler(): ...\nhandler = 1\n'''",
            "\"it's\"; x = '\\'handler = 1'",
            "main(handler=1)",
            "x = handler",
            "main.handler = 1",
            "table[handler] = 1",
            "handler == 1",
            "from handler import main",
            "import core.handler",
            "from core import handler as main",
            "main = {\n    handler: 1,\n}",
            "for one in handler: pass",
            "def main(): a = 1; handler = 2",
        ] {
            assert!(!binds(source, "handler"), "{source}");
        }
    }
}
