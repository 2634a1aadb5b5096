// Classes of characters that have names: Perl's, POSIX's and Unicode's.

const DIGIT = "09";
const SPACE = "\t\n\f\r  ";
const WORD = "09AZ__az";

/** Ranges by the letter behind the backslash. */
const PERL: Readonly<Record<string, string>> = { d: DIGIT, s: SPACE, w: WORD };

const POSIX: Readonly<Record<string, string>> = {
  alnum: "09AZaz",
  alpha: "AZaz",
  ascii: "\0\x7f",
  blank: "\t\t  ",
  cntrl: "\0\x1f\x7f\x7f",
  digit: DIGIT,
  graph: "!~",
  lower: "az",
  print: " ~",
  punct: "!/:@[`{~",
  space: "\t\r  ",
  upper: "AZ",
  word: WORD,
  xdigit: "09AFaf",
};

const CATEGORIES: ReadonlySet<string> = new Set(
  "Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs".split(
    " ",
  ),
);

/** Those of Unicode 12, which Consul 1.8.7 was built with. */
const SCRIPTS: ReadonlySet<string> = new Set(
  `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo
  Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Common Coptic
  Cuneiform Cypriot Cyrillic Deseret Devanagari Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian
  Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew
  Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana
  Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani
  Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive
  Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu
  Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian
  Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician
  Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng
  Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Thai
  Tibetan Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi Yi Zanabazar_Square`.split(/\s+/),
);

function rangesOf(text: string): number[] {
  return [...text].map((each) => each.charCodeAt(0));
}

export function perlRanges(letter: string): readonly number[] | undefined {
  const text = Object.hasOwn(PERL, letter) ? PERL[letter] : undefined;
  return text === undefined ? undefined : rangesOf(text);
}

/** @param name Without the brackets and colons. */
export function posixRanges(name: string): readonly number[] | undefined {
  const text = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
  return text === undefined ? undefined : rangesOf(text);
}

/** Matches one character of a category or script; undefined when Go knows none of that name. */
export function unicodeProperty(name: string): RegExp | undefined {
  if (name === "Any") return /^.$/su;
  // Unlike everybody else's, Go's "other" has no unassigned characters.
  if (name === "C") return /^[\p{Cc}\p{Cf}\p{Co}\p{Cs}]$/u;
  if (CATEGORIES.has(name)) return new RegExp(`^\\p{${name}}$`, "u");
  return SCRIPTS.has(name) ? new RegExp(`^\\p{Script=${name}}$`, "u") : undefined;
}
