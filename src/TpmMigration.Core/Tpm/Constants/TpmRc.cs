using System.Collections.Generic;

namespace TpmMigration.Tpm;

/// <summary>TPM_RC: one row a response code, with what it means. TPM 2.0 Part 2, 6.6.3.</summary>
public sealed class TpmRc
{
    private const uint Version1 = 0x100;
    private const uint Format1 = 0x080;
    private const uint Warning = 0x900;

    private static readonly Dictionary<uint, TpmRc> ByValue = [];

    private TpmRc(uint value, string name, string text)
    {
        Value = value;
        Name = name;
        Text = text;
    }

    /// <summary>The code without the part that says which handle, session or parameter it is about.</summary>
    public uint Value { get; }

    /// <summary>The specification's name, TPM_RC_...</summary>
    public string Name { get; }

    /// <summary>What it means, as the second half of a sentence.</summary>
    public string Text { get; }

    public static TpmRc Initialize { get; } = Row(Version1 + 0x000, "INITIALIZE", "the TPM is not started or is started already");
    public static TpmRc Failure { get; } = Row(Version1 + 0x001, "FAILURE", "the TPM is in failure mode; restart the machine");
    public static TpmRc Sequence { get; } = Row(Version1 + 0x003, "SEQUENCE", "improper use of a sequence handle");
    public static TpmRc Private { get; } = Row(Version1 + 0x00B, "PRIVATE", "not currently used");
    public static TpmRc Hmac { get; } = Row(Version1 + 0x019, "HMAC", "not currently used");
    public static TpmRc Disabled { get; } = Row(Version1 + 0x020, "DISABLED", "the command is disabled");
    public static TpmRc Exclusive { get; } = Row(Version1 + 0x021, "EXCLUSIVE", "an audit session required exclusivity");
    public static TpmRc AuthType { get; } = Row(Version1 + 0x024, "AUTH_TYPE", "the authorization handle is not of the right kind for the command");
    public static TpmRc AuthMissing { get; } = Row(Version1 + 0x025, "AUTH_MISSING", "the command needs an authorization session for a handle and none was given");
    public static TpmRc PolicyCode { get; } = Row(Version1 + 0x026, "POLICY", "a policy failed in an index or command check");
    public static TpmRc Pcr { get; } = Row(Version1 + 0x027, "PCR", "a PCR check failed");
    public static TpmRc PcrChanged { get; } = Row(Version1 + 0x028, "PCR_CHANGED", "PCR have changed since they were checked");
    public static TpmRc Upgrade { get; } = Row(Version1 + 0x02D, "UPGRADE", "the TPM is in field-upgrade mode");
    public static TpmRc TooManyContexts { get; } = Row(Version1 + 0x02E, "TOO_MANY_CONTEXTS", "the context counter is at its maximum");
    public static TpmRc AuthUnavailable { get; } = Row(Version1 + 0x02F, "AUTH_UNAVAILABLE", "the key does not accept its password for this command, or has no policy for it");
    public static TpmRc Reboot { get; } = Row(Version1 + 0x030, "REBOOT", "the TPM must be restarted first");
    public static TpmRc Unbalanced { get; } = Row(Version1 + 0x031, "UNBALANCED", "the protection algorithms are not of one strength");
    public static TpmRc CommandSize { get; } = Row(Version1 + 0x042, "COMMAND_SIZE", "the size of the command does not fit its content");
    public static TpmRc CommandCode { get; } = Row(Version1 + 0x043, "COMMAND_CODE", "this TPM does not have the command");
    public static TpmRc AuthSize { get; } = Row(Version1 + 0x044, "AUTHSIZE", "the size of the authorization area is wrong");
    public static TpmRc AuthContext { get; } = Row(Version1 + 0x045, "AUTH_CONTEXT", "the command does not allow an authorization area");
    public static TpmRc NvRange { get; } = Row(Version1 + 0x046, "NV_RANGE", "NV offset and size are out of range");
    public static TpmRc NvSize { get; } = Row(Version1 + 0x047, "NV_SIZE", "the NV allocation is larger than allowed");
    public static TpmRc NvLocked { get; } = Row(Version1 + 0x048, "NV_LOCKED", "the NV index is locked");
    public static TpmRc NvAuthorization { get; } = Row(Version1 + 0x049, "NV_AUTHORIZATION", "the NV index does not allow this authorization");
    public static TpmRc NvUninitialized { get; } = Row(Version1 + 0x04A, "NV_UNINITIALIZED", "the NV index was never written");
    public static TpmRc NvSpace { get; } = Row(Version1 + 0x04B, "NV_SPACE", "the TPM has no non-volatile memory left");
    public static TpmRc NvDefined { get; } = Row(Version1 + 0x04C, "NV_DEFINED", "the NV index or persistent handle is taken already");
    public static TpmRc BadContext { get; } = Row(Version1 + 0x050, "BAD_CONTEXT", "the saved context is not valid");
    public static TpmRc CpHash { get; } = Row(Version1 + 0x051, "CPHASH", "the session is bound to another command already");
    public static TpmRc Parent { get; } = Row(Version1 + 0x052, "PARENT", "the handle is no parent for this operation");
    public static TpmRc NeedsTest { get; } = Row(Version1 + 0x053, "NEEDS_TEST", "a function must be tested first");
    public static TpmRc NoResult { get; } = Row(Version1 + 0x054, "NO_RESULT", "an internal step gave no result");
    public static TpmRc SensitiveCode { get; } = Row(Version1 + 0x055, "SENSITIVE", "the sensitive area could not be read after it was decrypted");

    public static TpmRc Asymmetric { get; } = Row(Format1 + 0x001, "ASYMMETRIC", "the asymmetric algorithm is not supported or not right here");
    public static TpmRc Attributes { get; } = Row(Format1 + 0x002, "ATTRIBUTES", "the attributes are inconsistent or do not allow this");
    public static TpmRc Hash { get; } = Row(Format1 + 0x003, "HASH", "the hash algorithm is not supported or not right here");
    public static TpmRc ValueCode { get; } = Row(Format1 + 0x004, "VALUE", "the value is out of range or not right here");
    public static TpmRc Hierarchy { get; } = Row(Format1 + 0x005, "HIERARCHY", "the hierarchy is not enabled or not right here");
    public static TpmRc KeySize { get; } = Row(Format1 + 0x007, "KEY_SIZE", "the key size is not supported");
    public static TpmRc Mgf { get; } = Row(Format1 + 0x008, "MGF", "the mask generation function is not supported");
    public static TpmRc Mode { get; } = Row(Format1 + 0x009, "MODE", "the mode of operation is not supported");
    public static TpmRc TypeCode { get; } = Row(Format1 + 0x00A, "TYPE", "the type is not right here");
    public static TpmRc Handle { get; } = Row(Format1 + 0x00B, "HANDLE", "there is no such handle, or it is not right here");
    public static TpmRc Kdf { get; } = Row(Format1 + 0x00C, "KDF", "the key derivation function is not supported or not right here");
    public static TpmRc Range { get; } = Row(Format1 + 0x00D, "RANGE", "the value is out of range");
    public static TpmRc AuthFail { get; } = Row(Format1 + 0x00E, "AUTH_FAIL", "the password is wrong (and the failure was counted against lockout)");
    public static TpmRc Nonce { get; } = Row(Format1 + 0x00F, "NONCE", "the nonce is not the session's");
    public static TpmRc Pp { get; } = Row(Format1 + 0x010, "PP", "physical presence is required");
    public static TpmRc Scheme { get; } = Row(Format1 + 0x012, "SCHEME", "the scheme is not supported or not the key's");
    public static TpmRc Size { get; } = Row(Format1 + 0x015, "SIZE", "the size is wrong");
    public static TpmRc Symmetric { get; } = Row(Format1 + 0x016, "SYMMETRIC", "the symmetric algorithm is not supported or not right here");
    public static TpmRc TagCode { get; } = Row(Format1 + 0x017, "TAG", "the structure tag is wrong");
    public static TpmRc Selector { get; } = Row(Format1 + 0x018, "SELECTOR", "the selector is wrong");
    public static TpmRc Insufficient { get; } = Row(Format1 + 0x01A, "INSUFFICIENT", "the data ends too early");
    public static TpmRc Signature { get; } = Row(Format1 + 0x01B, "SIGNATURE", "the signature is not valid");
    public static TpmRc Key { get; } = Row(Format1 + 0x01C, "KEY", "the key is not right for this use");
    public static TpmRc PolicyFail { get; } = Row(Format1 + 0x01D, "POLICY_FAIL", "a policy check failed");
    public static TpmRc Integrity { get; } = Row(Format1 + 0x01F, "INTEGRITY", "the integrity check failed: the data was altered or belongs to another parent");
    public static TpmRc Ticket { get; } = Row(Format1 + 0x020, "TICKET", "the ticket is not valid");
    public static TpmRc ReservedBits { get; } = Row(Format1 + 0x021, "RESERVED_BITS", "reserved bits are set");
    public static TpmRc BadAuth { get; } = Row(Format1 + 0x022, "BAD_AUTH", "the password is wrong");
    public static TpmRc Expired { get; } = Row(Format1 + 0x023, "EXPIRED", "the policy or ticket has expired");
    public static TpmRc PolicyCc { get; } = Row(Format1 + 0x024, "POLICY_CC", "the policy is for another command");
    public static TpmRc Binding { get; } = Row(Format1 + 0x025, "BINDING", "public and private part do not belong together");
    public static TpmRc Curve { get; } = Row(Format1 + 0x026, "CURVE", "the curve is not supported");
    public static TpmRc EccPoint { get; } = Row(Format1 + 0x027, "ECC_POINT", "the point is not on the curve");

    public static TpmRc ContextGap { get; } = Row(Warning + 0x001, "CONTEXT_GAP", "the gap between session contexts is too large");
    public static TpmRc ObjectMemory { get; } = Row(Warning + 0x002, "OBJECT_MEMORY", "the TPM has no room for another object; another program holds its slots");
    public static TpmRc SessionMemory { get; } = Row(Warning + 0x003, "SESSION_MEMORY", "the TPM has no room for another session; another program holds its slots");
    public static TpmRc Memory { get; } = Row(Warning + 0x004, "MEMORY", "the TPM is out of memory");
    public static TpmRc SessionHandles { get; } = Row(Warning + 0x005, "SESSION_HANDLES", "the TPM has no session handle left; another program holds them");
    public static TpmRc ObjectHandles { get; } = Row(Warning + 0x006, "OBJECT_HANDLES", "the TPM has no object handle left; another program holds them");
    public static TpmRc Locality { get; } = Row(Warning + 0x007, "LOCALITY", "the locality is wrong");
    public static TpmRc Yielded { get; } = Row(Warning + 0x008, "YIELDED", "the TPM put the command off; send it again");
    public static TpmRc Canceled { get; } = Row(Warning + 0x009, "CANCELED", "the command was cancelled");
    public static TpmRc Testing { get; } = Row(Warning + 0x00A, "TESTING", "the TPM is testing itself");
    public static TpmRc ReferenceH0 { get; } = Row(Warning + 0x010, "REFERENCE_H0", "the first handle refers to an object that is not loaded");
    public static TpmRc ReferenceH1 { get; } = Row(Warning + 0x011, "REFERENCE_H1", "the second handle refers to an object that is not loaded");
    public static TpmRc ReferenceS0 { get; } = Row(Warning + 0x018, "REFERENCE_S0", "the first session is not loaded");
    public static TpmRc NvRate { get; } = Row(Warning + 0x020, "NV_RATE", "the TPM limits writing to non-volatile memory; try later");
    public static TpmRc Lockout { get; } = Row(Warning + 0x021, "LOCKOUT", "the TPM is in lockout after too many wrong passwords");
    public static TpmRc Retry { get; } = Row(Warning + 0x022, "RETRY", "the TPM was not able to start the command; send it again");
    public static TpmRc NvUnavailable { get; } = Row(Warning + 0x023, "NV_UNAVAILABLE", "non-volatile memory is not available now");

    /// <summary>The row of a code without subject, or a row that says it is unknown.</summary>
    internal static TpmRc Find(uint value) => ByValue.TryGetValue(value, out TpmRc? row)
        ? row
        : new TpmRc(value, $"0x{value:X3}", "the response code is not one of the specification's");

    public override string ToString() => Name;

    private static TpmRc Row(uint value, string name, string text) => ByValue[value] = new TpmRc(value, "TPM_RC_" + name, text);
}
