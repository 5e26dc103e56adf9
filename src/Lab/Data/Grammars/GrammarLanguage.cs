namespace Lab.Data.Grammars;

/// <summary>Order of subject, verb and object.</summary>
internal enum WordOrder
{
    SubjectVerbObject,
    VerbSubjectObject,
    SubjectObjectVerb,
}

/// <summary>What sets a language of the grammar apart: its letters, its endings, its order.</summary>
/// <param name="Consonants">One string per consonant.</param>
/// <param name="Vowels">One string per vowel.</param>
/// <param name="Order">Of a sentence.</param>
/// <param name="NounEndings">Singular nominative, accusative, oblique, then the plural ones.</param>
/// <param name="VerbEndings">Present singular and plural, past singular and plural.</param>
/// <param name="AdjectiveEndings">Singular and plural.</param>
internal sealed record GrammarLanguage(
    string Consonants, string Vowels, WordOrder Order, string[] NounEndings, string[] VerbEndings, string[] AdjectiveEndings)
{
    public static IReadOnlyList<GrammarLanguage> All { get; } =
    [
        new("ptkmnslr", "aeiou", WordOrder.SubjectVerbObject, ["", "an", "o", "i", "ani", "oi"], ["a", "an", "ta", "tan"], ["e", "es"]),
        new("bdgfvznr", "aeioüé", WordOrder.SubjectVerbObject, ["", "em", "es", "er", "ern", "ers"], ["et", "en", "te", "ten"], ["er", "ere"]),
        new("κτπνσλμρ", "αειο", WordOrder.VerbSubjectObject, ["", "ον", "ου", "οι", "ους", "ων"], ["ει", "ουν", "σε", "σαν"], ["ος", "οι"]),
        new("hjklmntvs", "aäeioöyu", WordOrder.SubjectObjectVerb, ["", "lta", "ssa", "t", "ilta", "issa"], ["vi", "vat", "si", "sivat"], ["nen", "set"]),
    ];

    /// <summary>Syllables: a consonant, a vowel and sometimes a second consonant.</summary>
    public string Word(int syllables, ref CounterRandom random)
    {
        var word = "";
        for (var i = 0; i < syllables; i++)
        {
            word += $"{Consonants[random.Below(Consonants.Length)]}{Vowels[random.Below(Vowels.Length)]}";
            if (random.Uniform() < 0.35f) word += Consonants[random.Below(Consonants.Length)];
        }
        return word;
    }
}

/// <summary>The words of all languages: 312 concepts in 12 topics, each with two synonymous stems per language, and function words.</summary>
internal sealed class GrammarLexicon
{
    public const int Topics = 12, Nouns = 16, Verbs = 6, Adjectives = 4, ConceptsPerTopic = Nouns + Verbs + Adjectives;

    private const int FunctionWords = 10;
    private readonly string[][] functionWords; // [language][word]
    private readonly string[][][] stems; // [language][concept][synonym]

    public GrammarLexicon(long seed)
    {
        (functionWords, stems) = (new string[GrammarLanguage.All.Count][], new string[GrammarLanguage.All.Count][][]);
        for (var l = 0; l < GrammarLanguage.All.Count; l++)
        {
            var (language, random, taken) = (GrammarLanguage.All[l], new CounterRandom(seed, l), new HashSet<string>());
            functionWords[l] = [.. Enumerable.Range(0, FunctionWords).Select(_ => Fresh(1, 1))];
            stems[l] = [.. Enumerable.Range(0, Topics * ConceptsPerTopic).Select(_ => new[] { Fresh(1, 3), Fresh(2, 3) })];

            string Fresh(int fewest, int most)
            {
                while (true)
                {
                    var word = language.Word(fewest + random.Below(most - fewest + 1), ref random);
                    if (taken.Add(word)) return word;
                }
            }
        }
    }

    public string Stem(int language, int concept, int synonym) => stems[language][concept][synonym];

    public string Article(int language, bool plural) => functionWords[language][plural ? 1 : 0];

    public string Preposition(int language, int which) => functionWords[language][3 + which];

    public string Copula(int language) => functionWords[language][6];

    public string Plus(int language) => functionWords[language][7];
}
