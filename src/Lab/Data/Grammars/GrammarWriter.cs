using System.Globalization;
using Lab.Runtime;

namespace Lab.Data.Grammars;

/// <summary>Derives one document. Chance comes from (seed, index); the salt only chooses between synonyms.</summary>
internal sealed class GrammarWriter
{
    private readonly GrammarLexicon lexicon;
    private readonly double sumShare;
    private readonly long seed, index, salt;
    private readonly int language, topic;
    private readonly string name;
    private readonly List<int> concepts = [];
    private CounterRandom random;

    public GrammarWriter(GrammarLexicon lexicon, double sumShare, long seed, long index, int? language, long salt)
    {
        (this.lexicon, this.sumShare, this.seed, this.index, this.salt) = (lexicon, sumShare, seed, index, salt);
        random = new CounterRandom(Seed.Derive(seed, "grammar"), index);
        var drawn = random.Below(5); // weights 2 1 1 1
        this.language = language ?? Math.Max(0, drawn - 1);
        topic = random.Below(GrammarLexicon.Topics);
        var word = GrammarLanguage.All[this.language].Word(2 + random.Below(3), ref random);
        name = Capital(word);
    }

    private GrammarLanguage Language => GrammarLanguage.All[language];

    public GrammarDocument Write()
    {
        var sentences = new string[5 + random.Below(5)];
        for (var i = 0; i < sentences.Length; i++) sentences[i] = Capital(Sentence()) + ".";
        return new(string.Join(' ', sentences), language, topic, concepts, name, seed, index);
    }

    private string Sentence()
    {
        var kind = Kind(random.Uniform());
        var (plural, past) = (random.Uniform() < 0.4f, random.Uniform() < 0.5f);
        return kind switch
        {
            < 0.45 => Clause(NounPhrase(plural, 0), Verb(plural, past), AnyNounPhrase(1)),
            < 0.60 => Clause(NounPhrase(plural, 0), Verb(plural, past), AnyNounPhrase(1), $"{lexicon.Preposition(language, random.Below(3))} {AnyNounPhrase(2)}"),
            < 0.70 => $"{NounPhrase(plural, 0)} {lexicon.Copula(language)} {Adjective(plural)}",
            < 0.85 => Clause($"{Number()} {Noun(plural: true, 0)}", Verb(plural: true, past), ""),
            < 0.90 => Sum(),
            _ => Clause(name, Verb(plural: false, past), AnyNounPhrase(1)),
        };
    }

    // Sums lie in [0.85, 0.90). Another share stretches that part of the unit interval and shrinks the rest alike.
    private double Kind(double uniform)
    {
        const double first = 0.85, usual = Grammar.DefaultSumShare;
        var rest = (1 - sumShare) / (1 - usual);
        if (uniform < first * rest) return uniform / rest;
        return uniform < first * rest + sumShare ? first : 1 - (1 - uniform) / rest;
    }

    private string Clause(string subject, string verb, string accusative, string oblique = "")
    {
        string[] parts = Language.Order switch
        {
            WordOrder.SubjectVerbObject => [subject, verb, accusative, oblique],
            WordOrder.VerbSubjectObject => [verb, subject, accusative, oblique],
            _ => [subject, oblique, accusative, verb],
        };
        return string.Join(' ', parts.Where(part => part.Length > 0));
    }

    private string AnyNounPhrase(int grammaticalCase) => NounPhrase(random.Uniform() < 0.4f, grammaticalCase);

    private string NounPhrase(bool plural, int grammaticalCase)
    {
        var adjective = random.Uniform() < 0.25f ? $"{Adjective(plural)} " : "";
        return $"{lexicon.Article(language, plural)} {adjective}{Noun(plural, grammaticalCase)}";
    }

    private string Noun(bool plural, int grammaticalCase) =>
        Stem(0, GrammarLexicon.Nouns) + Language.NounEndings[(plural ? 3 : 0) + grammaticalCase];

    private string Verb(bool plural, bool past) =>
        Stem(GrammarLexicon.Nouns, GrammarLexicon.Verbs) + Language.VerbEndings[(past ? 2 : 0) + (plural ? 1 : 0)];

    private string Adjective(bool plural) =>
        Stem(GrammarLexicon.Nouns + GrammarLexicon.Verbs, GrammarLexicon.Adjectives) + Language.AdjectiveEndings[plural ? 1 : 0];

    // Three in four concepts are of the document's topic; inside a topic the r-th has the weight 1/r.
    private string Stem(int first, int count)
    {
        var from = random.Uniform() < 0.75f ? topic : random.Below(GrammarLexicon.Topics);
        var target = random.Uniform() * Enumerable.Range(1, count).Sum(rank => 1f / rank);
        var rank = 1;
        for (; rank < count && target >= 1f / rank; rank++) target -= 1f / rank;
        var concept = from * GrammarLexicon.ConceptsPerTopic + first + rank - 1;
        concepts.Add(concept);
        return lexicon.Stem(language, concept, (int)(Seed.Derive(salt, concept) & 1));
    }

    private string Number()
    {
        var limit = 1;
        for (var digits = 1 + random.Below(4); digits > 0; digits--) limit *= 10;
        return Text(2 + random.Below(limit));
    }

    private string Sum()
    {
        var (a, b) = (random.Below(100), random.Below(100));
        return $"{Text(a)} {lexicon.Plus(language)} {Text(b)} {lexicon.Copula(language)} {Text(a + b)}";
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
