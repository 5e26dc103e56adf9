using static Lab.Papers.CompactTransformers.CompactFamily;
using static Lab.Papers.CompactTransformers.CompactSize;

namespace Lab.Papers.CompactTransformers;

// The official models. Each has a sine variant in the repository: `with { Position = PositionKind.Sine }`.
// (Its cct_*_sine and cvt_*_sine constructors drop the argument and build a learned table; the published sine weights are fixed tables.)
public sealed partial record CctOptions
{
    /// <summary><c>cct_2_3x2_32</c>.</summary>
    public static CctOptions Cct2_3x2 { get; } = new(CCT, Two, KernelSize: 3, ConvLayers: 2);

    /// <summary><c>cct_4_3x2_32</c>.</summary>
    public static CctOptions Cct4_3x2 { get; } = new(CCT, Four, KernelSize: 3, ConvLayers: 2);

    /// <summary><c>cct_6_3x1_32</c>. Its reported 3.168 M parameters do not count the position table.</summary>
    public static CctOptions Cct6_3x1 { get; } = new(CCT, Six, KernelSize: 3, ConvLayers: 1);

    /// <summary><c>cct_6_3x2_32</c>.</summary>
    public static CctOptions Cct6_3x2 { get; } = new(CCT, Six, KernelSize: 3, ConvLayers: 2);

    /// <summary><c>cct_7_3x1_32</c>, the paper's best model on CIFAR; <c>cct_7_3x1_32_c100</c> has 100 classes.</summary>
    public static CctOptions Cct7_3x1 { get; } = new(CCT, Seven, KernelSize: 3, ConvLayers: 1);

    /// <summary><c>cct_7_3x2_32</c>.</summary>
    public static CctOptions Cct7_3x2 { get; } = new(CCT, Seven, KernelSize: 3, ConvLayers: 2);

    /// <summary><c>cct_7_7x2_224</c>, for Flowers-102.</summary>
    public static CctOptions Cct7_7x2_224 { get; } = new(CCT, Seven, KernelSize: 7, ConvLayers: 2) { ImageSize = 224, Classes = 102 };

    /// <summary><c>cct_14_7x2_224</c>, for ImageNet.</summary>
    public static CctOptions Cct14_7x2_224 { get; } = new(CCT, Fourteen, KernelSize: 7, ConvLayers: 2) { ImageSize = 224, Classes = 1000 };

    /// <summary><c>cct_14_7x2_384</c>, for ImageNet; <c>cct_14_7x2_384_fl</c> has 102 classes.</summary>
    public static CctOptions Cct14_7x2_384 { get; } = Cct14_7x2_224 with { ImageSize = 384 };

    /// <summary><c>cvt_2_4_32</c>.</summary>
    public static CctOptions Cvt2_4 { get; } = new(CVT, Two, KernelSize: 4);

    /// <summary><c>cvt_4_4_32</c>.</summary>
    public static CctOptions Cvt4_4 { get; } = new(CVT, Four, KernelSize: 4);

    /// <summary><c>cvt_6_4_32</c>.</summary>
    public static CctOptions Cvt6_4 { get; } = new(CVT, Six, KernelSize: 4);

    /// <summary><c>cvt_7_4_32</c>.</summary>
    public static CctOptions Cvt7_4 { get; } = new(CVT, Seven, KernelSize: 4);

    /// <summary>CVT-7/8 of the paper.</summary>
    public static CctOptions Cvt7_8 { get; } = new(CVT, Seven, KernelSize: 8);

    /// <summary><c>vit_2_4_32</c>.</summary>
    public static CctOptions ViTLite2_4 { get; } = new(ViTLite, Two, KernelSize: 4);

    /// <summary><c>vit_4_4_32</c>.</summary>
    public static CctOptions ViTLite4_4 { get; } = new(ViTLite, Four, KernelSize: 4);

    /// <summary><c>vit_6_4_32</c>.</summary>
    public static CctOptions ViTLite6_4 { get; } = new(ViTLite, Six, KernelSize: 4);

    /// <summary><c>vit_7_4_32</c>.</summary>
    public static CctOptions ViTLite7_4 { get; } = new(ViTLite, Seven, KernelSize: 4);

    /// <summary>ViT-Lite-7/8 of the paper.</summary>
    public static CctOptions ViTLite7_8 { get; } = new(ViTLite, Seven, KernelSize: 8);

    /// <summary>ViT-Lite-7/16 of the paper.</summary>
    public static CctOptions ViTLite7_16 { get; } = new(ViTLite, Seven, KernelSize: 16);

    /// <summary>All of the above, for tables.</summary>
    public static IReadOnlyList<CctOptions> Official { get; } =
    [
        Cct2_3x2, Cct4_3x2, Cct6_3x1, Cct6_3x2, Cct7_3x1, Cct7_3x2, Cct7_7x2_224, Cct14_7x2_224, Cct14_7x2_384,
        Cvt2_4, Cvt4_4, Cvt6_4, Cvt7_4, Cvt7_8,
        ViTLite2_4, ViTLite4_4, ViTLite6_4, ViTLite7_4, ViTLite7_8, ViTLite7_16,
    ];
}
