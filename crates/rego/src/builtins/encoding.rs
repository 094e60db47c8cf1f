//! `base64.*` and `base64url.*`: <https://www.openpolicyagent.org/docs/policy-reference/builtins/encoding>.

use anyhow::{Result, anyhow, bail};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use regorus::Value;

use super::{Builtin, string};

pub(super) const BUILTINS: &[(&str, u8, Builtin)] = &[
    ("base64.decode", 1, |arguments| decode(arguments, &STANDARD)),
    ("base64.encode", 1, |arguments| encode(arguments, &STANDARD)),
    ("base64.is_valid", 1, |arguments| Ok(STANDARD.decode(text(arguments)?).is_ok().into())),
    ("base64url.decode", 1, decode_url),
    ("base64url.encode", 1, |arguments| encode(arguments, &URL_SAFE)),
    ("base64url.encode_no_pad", 1, |arguments| encode(arguments, &URL_SAFE_NO_PAD)),
];

fn encode(arguments: &[Value], alphabet: &impl Engine) -> Result<Value> {
    Ok(alphabet.encode(text(arguments)?).into())
}

/// OPA takes the text with padding and without.
fn decode_url(arguments: &[Value]) -> Result<Value> {
    let padded = text(arguments)?.contains('=');
    decode(arguments, if padded { &URL_SAFE } else { &URL_SAFE_NO_PAD })
}

fn decode(arguments: &[Value], alphabet: &impl Engine) -> Result<Value> {
    let bytes = alphabet
        .decode(text(arguments)?)
        .map_err(|error| anyhow!("the text is not base64: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned().into())
}

fn text(arguments: &[Value]) -> Result<&str> {
    let [text] = arguments else { bail!("expected one argument") };
    string(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::call;
    use super::*;

    #[test]
    fn knows_what_is_not_base64() {
        assert_eq!(call("base64.is_valid", &["aGk=".into()]).unwrap(), Value::from(true));
        assert_eq!(call("base64.is_valid", &["a?".into()]).unwrap(), Value::from(false));
        assert!(call("base64.decode", &["a?".into()]).is_err());
        assert!(call("base64.decode", &[Value::Null]).is_err());
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in ".*") {
            for (encode, decode) in [
                ("base64.encode", "base64.decode"),
                ("base64url.encode", "base64url.decode"),
                ("base64url.encode_no_pad", "base64url.decode"),
            ] {
                let encoded = call(encode, &[text.as_str().into()]).unwrap();
                prop_assert_eq!(call(decode, &[encoded]).unwrap(), Value::from(text.as_str()));
            }
        }
    }
}
