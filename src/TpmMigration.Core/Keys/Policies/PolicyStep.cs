namespace TpmMigration.Keys;
public sealed record PolicyStep(uint CommandCode, byte[] CommandPolicy);
