using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>
/// How the latent vector of a position becomes a short sequence of tokens: every channel is quantized, the channels are put
/// in the order of generation, and neighbours may be joined to one token of a larger vocabulary.
/// </summary>
public sealed class ChannelTokens
{
    private readonly long[] order, inverse;
    private readonly int group;

    /// <param name="quantizer">Of the channels.</param>
    /// <param name="order">Channels in the order of generation; null: as they are.</param>
    /// <param name="group">Neighbours in that order that make one token.</param>
    /// <exception cref="ArgumentException">An order that is no permutation, or groups that do not divide the channels.</exception>
    public ChannelTokens(ScalarTableQuantizer quantizer, IReadOnlyList<int>? order = null, int group = 1)
    {
        Channels = quantizer.Dim;
        if (order is not null && !order.Order().SequenceEqual(Enumerable.Range(0, Channels)))
            throw new ArgumentException($"An order of {Channels} channels names each once, got [{string.Join(", ", order)}].", nameof(order));
        if (group < 1 || Channels % group != 0) throw new ArgumentException($"Groups of {group} do not divide {Channels} channels.", nameof(group));
        this.order = [.. order?.Select(channel => (long)channel) ?? Enumerable.Range(0, Channels).Select(channel => (long)channel)];
        inverse = [.. Enumerable.Range(0, Channels).OrderBy(place => this.order[place]).Select(place => (long)place)];
        (Quantizer, this.group, Levels) = (quantizer, group, quantizer.BookSizes[0]);
        quantizer.eval();
    }

    /// <summary>Of the channels; part of the head that uses it.</summary>
    public ScalarTableQuantizer Quantizer { get; }

    /// <summary>C.</summary>
    public int Channels { get; }

    /// <summary>B: values of a channel.</summary>
    public long Levels { get; }

    /// <summary>Tokens of a position.</summary>
    public int Slots => Channels / group;

    /// <summary>Vocabulary of a token: B to the power of the group.</summary>
    public int Classes => (int)Math.Pow(Levels, group);

    /// <summary>Classes of every token.</summary>
    public IReadOnlyList<long> BookSizes => [.. Enumerable.Repeat((long)Classes, Slots)];

    /// <summary>Latents as the tokens have them.</summary>
    /// <param name="latents">[..., C], scaled to unit deviation.</param>
    /// <returns>[..., C].</returns>
    public Tensor Round(Tensor latents)
    {
        using var scope = NewDisposeScope();
        return Quantizer.call(latents).Values.MoveToOuterDisposeScope();
    }

    /// <summary>Tokens of latents.</summary>
    /// <param name="latents">[N, C].</param>
    /// <returns>[N, slots] int64, in the order of generation.</returns>
    public Tensor Of(Tensor latents)
    {
        using var scope = NewDisposeScope();
        var ordered = Quantizer.call(latents).Codes.index_select(1, tensor(order, device: latents.device));
        var tokens = zeros([latents.shape[0], Slots], ScalarType.Int64, latents.device);
        foreach (var member in ordered.view(-1, Slots, group).unbind(2)) tokens = tokens * Levels + member;
        return tokens.MoveToOuterDisposeScope();
    }

    /// <summary>Latents of tokens.</summary>
    /// <param name="tokens">[N, slots] int64.</param>
    /// <returns>[N, C], channels in their own order.</returns>
    public Tensor Latents(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var members = new Tensor[group];
        for (var member = group - 1; member >= 0; member--)
        {
            members[member] = tokens.remainder(Levels);
            tokens = tokens.div(Levels, RoundingMode.floor);
        }
        var ordered = stack(members, 2).view(-1, Channels);
        return Quantizer.Lookup(ordered.index_select(1, tensor(inverse, device: tokens.device))).MoveToOuterDisposeScope();
    }
}
