/// The version of Brig.
public let brigVersion = "0.1.0"
