using System.Collections.Generic;
using System.Linq;

namespace TpmMigration.Tpm;

/// <summary>What a TPM says of itself. TPM 2.0 Part 3, 30.2.</summary>
public static class TpmCapabilities
{
    private const int AskAtOnce = 128;
    private const uint VendorCommand = 1u << 29;

    /// <summary>All handles from <paramref name="first"/> on that are of the same type (the top byte).</summary>
    public static IReadOnlyList<uint> GetHandles(this TpmDevice device, uint first)
    {
        var handles = new List<uint>();
        GetCapabilityResponse response;
        uint next = first;
        do
        {
            response = device.Execute(new GetCapability { Capability = TpmCap.Handles, Property = next, PropertyCount = AskAtOnce });
            foreach (KeyValuePair<uint, uint> value in response.Values)
            {
                if (value.Key < next || value.Key >> 24 != first >> 24)
                    throw new TpmWireException($"The TPM was asked for handles from 0x{next:X8} on and listed 0x{value.Key:X8}.");
                handles.Add(value.Key);
                next = value.Key + 1;
            }
        }
        while (response.MoreData && response.Values.Count != 0);
        return handles;
    }

    /// <summary>Properties from <paramref name="first"/> on, at most <paramref name="count"/>, by property.</summary>
    public static IReadOnlyDictionary<TpmPt, uint> GetProperties(this TpmDevice device, TpmPt first, int count)
    {
        GetCapabilityResponse response = device.Execute(new GetCapability { Capability = TpmCap.TpmProperties, Property = (uint)first, PropertyCount = count });
        var properties = new Dictionary<TpmPt, uint>();
        foreach (KeyValuePair<uint, uint> value in response.Values)
            properties[(TpmPt)value.Key] = value.Value;
        return properties;
    }

    /// <summary>The algorithms or curves that the TPM has, by their numbers.</summary>
    public static IReadOnlyCollection<uint> GetNumbers(this TpmDevice device, TpmCap capability)
    {
        var numbers = new HashSet<uint>();
        GetCapabilityResponse response;
        uint next = 0;
        do
        {
            response = device.Execute(new GetCapability { Capability = capability, Property = next, PropertyCount = AskAtOnce });
            foreach (KeyValuePair<uint, uint> value in response.Values)
            {
                if (value.Key < next) throw new TpmWireException($"The TPM was asked for capability {capability} from 0x{next:X} on and listed 0x{value.Key:X}.");
                numbers.Add(value.Key);
                next = value.Key + 1;
            }
        }
        while (response.MoreData && response.Values.Count != 0);
        return numbers;
    }

    /// <summary>Whether the TPM has a command. TPM 2.0 Part 2, 8.9: the lower half of a command's attributes is its index.</summary>
    public static bool HasCommand(this TpmDevice device, TpmCc command) => device
        .Execute(new GetCapability { Capability = TpmCap.Commands, Property = (uint)command, PropertyCount = 1 })
        .Values.Any(value => (ushort)value.Key == (ushort)command && (value.Key & VendorCommand) == 0);
}
