/// What random container names are made of. Lower-case ASCII letters only; a test holds them to it.
enum WordLists {
    static let adjectives: [String] = [
        "able", "airy", "amber", "ample", "apt", "arch", "autumn", "avid", "bold", "breezy", "brief", "bright",
        "brisk", "calm", "candid", "careful", "cheerful", "civil", "clear", "clever", "cool", "copper", "coral",
        "cosy", "crisp", "curious", "daring", "deft", "direct", "dry", "dusky", "eager", "early", "earnest", "easy",
        "even", "fair", "famous", "fine", "firm", "fleet", "fond", "frank", "free", "fresh", "gentle", "glad",
        "golden", "grand", "green", "handy", "happy", "hardy", "hazel", "honest", "humble", "ivory", "jolly", "just",
        "keen", "kind", "large", "lasting", "level", "light", "lively", "loyal", "lucid", "lucky", "mellow", "merry",
        "mild", "mint", "modest", "neat", "nimble", "noble", "olive", "open", "patient", "plain", "plucky", "polite",
        "prompt", "proud", "quick", "quiet", "rapid", "ready", "robust", "rosy", "rustic", "sage", "serene", "sharp",
        "silver", "simple", "sleek", "smart", "snug", "sober", "solid", "sound", "spare", "steady", "still", "strong",
        "subtle", "sunny", "sure", "swift", "tidy", "tranquil", "true", "trusty", "upbeat", "useful", "velvet",
        "vivid", "warm", "wise", "witty", "young", "zesty",
    ]

    /// People whose work we stand on.
    static let surnames: [String] = [
        "ampere", "anning", "archimedes", "aryabhata", "babbage", "banneker", "bartik", "bassi", "bell", "bernoulli",
        "bohr", "boole", "bose", "boyle", "brahe", "brunel", "burnell", "cannon", "carson", "cassini", "cauchy",
        "chandra", "chatelet", "colden", "cori", "coulomb", "curie", "daly", "dalton", "darwin", "davy", "descartes",
        "dijkstra", "dirac", "driscoll", "eastley", "edison", "einstein", "elion", "engelbart", "erdos", "erlang",
        "euclid", "euler", "faraday", "fermat", "fermi", "feynman", "fibonacci", "fleming", "fourier", "franklin",
        "galilei", "galois", "gauss", "germain", "goddard", "godel", "goodall", "hamilton", "harvey", "herschel",
        "hertz", "hilbert", "hodgkin", "holberton", "hollerith", "hooke", "hopper", "hubble", "huygens", "hypatia",
        "jackson", "jemison", "johnson", "joliot", "joule", "kalam", "kare", "karim", "kelvin", "kepler", "khorana",
        "kilby", "knuth", "kovalevskaya", "lagrange", "lamarr", "laplace", "leavitt", "leibniz", "liskov",
        "lomonosov", "lovelace", "lumiere", "mcclintock", "maxwell", "mayer", "meitner", "mendel", "mendeleev",
        "merkle", "mirzakhani", "montalcini", "moore", "morse", "napier", "nash", "newton", "nightingale", "nobel",
        "noether", "noyce", "ohm", "pascal", "pasteur", "pauling", "payne", "perlman", "planck", "ptolemy",
        "ramanujan", "ride", "ritchie", "rubin", "rutherford", "sagan", "sammet", "shannon", "shockley", "sinoussi",
        "somerville", "spence", "stallman", "stevin", "swanson", "tesla", "thales", "thompson", "torvalds", "turing",
        "vaughan", "villani", "volta", "watt", "wescoff", "wilson", "wing", "wozniak", "wright", "wu", "yalow",
        "yonath", "zuse",
    ]
}
