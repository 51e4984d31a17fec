extension RuntimeConfig.Linux.Resources {
    /// Weights and limits of the controllers blkio (v1) and io (v2).
    public struct BlockIO: Equatable, Sendable {
        /// From 10 to 1000; 0 is the default weight.
        public var weight: UInt16?
        /// Against child cgroups.
        public var leafWeight: UInt16?
        /// Weights of single devices.
        public var weightDevice: [WeightDevice]
        /// Bytes per second.
        public var throttleReadBpsDevice: [ThrottleDevice]
        /// Bytes per second.
        public var throttleWriteBpsDevice: [ThrottleDevice]
        /// Operations per second.
        public var throttleReadIOPSDevice: [ThrottleDevice]
        /// Operations per second.
        public var throttleWriteIOPSDevice: [ThrottleDevice]

        public init(
            weight: UInt16? = nil, leafWeight: UInt16? = nil, weightDevice: [WeightDevice] = [],
            throttleReadBpsDevice: [ThrottleDevice] = [], throttleWriteBpsDevice: [ThrottleDevice] = [],
            throttleReadIOPSDevice: [ThrottleDevice] = [], throttleWriteIOPSDevice: [ThrottleDevice] = []
        ) {
            self.weight = weight
            self.leafWeight = leafWeight
            self.weightDevice = weightDevice
            self.throttleReadBpsDevice = throttleReadBpsDevice
            self.throttleWriteBpsDevice = throttleWriteBpsDevice
            self.throttleReadIOPSDevice = throttleReadIOPSDevice
            self.throttleWriteIOPSDevice = throttleWriteIOPSDevice
        }
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        weight = try fields.optional("weight")
        leafWeight = try fields.optional("leafWeight")
        weightDevice = try fields.list("weightDevice")
        throttleReadBpsDevice = try fields.list("throttleReadBpsDevice")
        throttleWriteBpsDevice = try fields.list("throttleWriteBpsDevice")
        throttleReadIOPSDevice = try fields.list("throttleReadIOPSDevice")
        throttleWriteIOPSDevice = try fields.list("throttleWriteIOPSDevice")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.optional("weight", weight)
        fields.optional("leafWeight", leafWeight)
        fields.list("weightDevice", weightDevice)
        fields.list("throttleReadBpsDevice", throttleReadBpsDevice)
        fields.list("throttleWriteBpsDevice", throttleWriteBpsDevice)
        fields.list("throttleReadIOPSDevice", throttleReadIOPSDevice)
        fields.list("throttleWriteIOPSDevice", throttleWriteIOPSDevice)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO {
    /// The weight for one device; at least one of the two.
    public struct WeightDevice: Equatable, Sendable {
        /// Of the device, as `ls -l` shows it.
        public var major: Int64
        /// Of the device, as `ls -l` shows it.
        public var minor: Int64
        /// 10 to 1000.
        public var weight: UInt16?
        /// 10 to 1000, against the cgroup's own children; v1.
        public var leafWeight: UInt16?

        public init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
            self.major = major
            self.minor = minor
            self.weight = weight
            self.leafWeight = leafWeight
        }
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO.WeightDevice: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        major = try fields.required("major")
        minor = try fields.required("minor")
        weight = try fields.optional("weight")
        leafWeight = try fields.optional("leafWeight")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("major", major)
        fields.put("minor", minor)
        fields.optional("weight", weight)
        fields.optional("leafWeight", leafWeight)
        return fields.json
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO {
    /// The limit for one device.
    public struct ThrottleDevice: Equatable, Sendable {
        /// Of the device, as `ls -l` shows it.
        public var major: Int64
        /// Of the device, as `ls -l` shows it.
        public var minor: Int64
        /// Bytes or operations a second, as the member is called that it stands in.
        public var rate: UInt64

        public init(major: Int64, minor: Int64, rate: UInt64) {
            self.major = major
            self.minor = minor
            self.rate = rate
        }
    }
}

extension RuntimeConfig.Linux.Resources.BlockIO.ThrottleDevice: FieldValue {
    public init(json: JSONValue) throws(SpecError) {
        let fields = try FieldReader(json)
        major = try fields.required("major")
        minor = try fields.required("minor")
        rate = try fields.required("rate")
    }

    public var json: JSONValue {
        var fields = FieldWriter()
        fields.put("major", major)
        fields.put("minor", minor)
        fields.put("rate", rate)
        return fields.json
    }
}
