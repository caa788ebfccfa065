using System;

namespace TpmMigration.Tpm;

/// <summary>TPM_ST, 2 bytes. TPM 2.0 Part 2, 6.9.</summary>
public enum TpmSt : ushort
{
    RspCommand = 0x00C4,
    NoSessions = 0x8001,
    Sessions = 0x8002,
    AttestCertify = 0x8017,
    AttestCreation = 0x801A,
    Creation = 0x8021,
    Verified = 0x8022,
    AuthSecret = 0x8023,
    HashCheck = 0x8024,
    AuthSigned = 0x8025,
}

/// <summary>TPM_SE, 1 byte: the kind of session to start. TPM 2.0 Part 2, 6.11.</summary>
public enum TpmSe : byte
{
    Hmac = 0x00,
    Policy = 0x01,
    Trial = 0x03,
}

/// <summary>TPM_CAP, 4 bytes. TPM 2.0 Part 2, 6.12.</summary>
public enum TpmCap : uint
{
    Algs = 0,
    Handles = 1,
    Commands = 2,
    TpmProperties = 6,
    EccCurves = 8,
}

/// <summary>TPM_PT, 4 bytes: the properties this engine asks for. TPM 2.0 Part 2, 6.13.</summary>
public enum TpmPt : uint
{
    Revision = 0x102,
    Manufacturer = 0x105,
    VendorString1 = 0x106,
    FirmwareVersion1 = 0x10B,
    FirmwareVersion2 = 0x10C,
    HrTransientMin = 0x10E,
    NvBufferMax = 0x12C,
    Permanent = 0x200,
    LockoutCounter = 0x20E,
    MaxAuthFail = 0x20F,
    LockoutInterval = 0x210,
    LockoutRecovery = 0x211,
}

/// <summary>TPMA_OBJECT, 4 bytes. TPM 2.0 Part 2, 8.3.</summary>
[Flags]
public enum TpmaObject : uint
{
    None = 0,
    FixedTpm = 1u << 1,
    StClear = 1u << 2,
    FixedParent = 1u << 4,
    SensitiveDataOrigin = 1u << 5,
    UserWithAuth = 1u << 6,
    AdminWithPolicy = 1u << 7,
    NoDa = 1u << 10,
    EncryptedDuplication = 1u << 11,
    Restricted = 1u << 16,
    Decrypt = 1u << 17,
    Sign = 1u << 18,
}

/// <summary>TPMA_SESSION, 1 byte. TPM 2.0 Part 2, 8.4.</summary>
[Flags]
public enum TpmaSession : byte
{
    None = 0,
    ContinueSession = 1 << 0,
    AuditExclusive = 1 << 1,
    AuditReset = 1 << 2,
    Decrypt = 1 << 5,
    Encrypt = 1 << 6,
    Audit = 1 << 7,
}
