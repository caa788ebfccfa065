namespace TpmMigration.Fuzz.Targets;

/// <summary>How an input becomes a TPM's answer.</summary>
internal enum AnswerForm
{
    /// <summary>The input is the whole frame.</summary>
    Frame,

    /// <summary>The input is the parameters; the frame around them is right.</summary>
    Parameters,

    /// <summary>As before, with an HMAC session and its right proof.</summary>
    Session,

    /// <summary>As before, with the first parameter taken for encrypted.</summary>
    EncryptedSession,
}
