namespace TpmMigration.Authority.Operations;

/// <summary>What becomes known of a request while it is answered, for its line in the log. No token, no package and no secret is ever in it.</summary>
internal sealed class RequestNote
{
    /// <summary>What is asked; empty if it is no message of the contract.</summary>
    public string Operation { get; set; } = string.Empty;

    /// <summary>TPM name of the client's endorsement key, as far as it is known.</summary>
    public byte[] Client { get; set; } = [];

    /// <summary>What it is about, such as the id of a package.</summary>
    public string Subject { get; set; } = string.Empty;

    /// <summary>Success, or the code of the fault; Failed where there was no answer.</summary>
    public string Outcome { get; set; } = "Failed";
}
