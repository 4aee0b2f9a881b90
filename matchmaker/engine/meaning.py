"""The optional signal of meaning: cosines of vectors as a signal in [0, 1].

vectors = Vectors(Path("instance/vectors"), encoder_from("packaged"))
vectors.add(texts)
signal = similarities(vectors.of(needs), vectors.of(achievements), Curve.of(vectors))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import expit

from .encoding import Array, Encoder
from .vectors import Vectors

CENTRE, WIDTH = 2.0, 1.0
"""Where the signal is a half, and how fast it rises, in deviations of unrelated pairs."""
LEAST_DEVIATION = 1e-3
ASKED = 64
"""So many texts that were asked about are remembered: a page asks several times."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Cosine → signal: 1 / (1 + exp(2 − z)), z = (cosine − mean) / deviation.

    `mean` and `deviation` are those of the cosines of pairs that have nothing in common. They
    differ between models (.11 and .10 for one, .86 and .02 for another), so they are measured
    once on texts that stand below: the curve is fixed for a model and knows no catalogue.
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, encoder: Encoder) -> Curve:
        """Measure the curve of an encoder; give it `Vectors` and nothing is encoded twice."""
        rows = encoder.encode(UNRELATED)
        cosines = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
        return cls(float(cosines.mean()), max(float(cosines.std()), LEAST_DEVIATION))

    def __call__(self, cosines: Array) -> Array:
        """Return the signal in [0, 1], same shape; NaN stays NaN."""
        found: Array = expit(((cosines - self.mean) / self.deviation - CENTRE) / WIDTH)
        return found.astype(np.float32)


def similarities(queries: Array, others: Array, curve: Curve) -> Array:
    """Return the signal of every pair, shape (n_queries, n_others).

    NaN where a side is unknown (a row of NaN) or empty (a zero row): absent is not zero.
    """
    return curve(_told(queries) @ _told(others).T)


class Meaning:
    """The signal as a recommender asks for it: one text against many that are known by digest."""

    def __init__(self, vectors: Vectors) -> None:
        self.vectors = vectors
        self.curve = Curve.of(vectors)
        self._centre = vectors.encode(UNRELATED).mean(axis=0)
        self._asked = lru_cache(ASKED)(lambda text: vectors.passing([text]))

    @property
    def model_id(self) -> str:
        return self.vectors.model_id

    def signal(self, text: str, digests: Sequence[str]) -> list[float | None]:
        """Return the signal for each; None where a text is empty or has no vector yet.

        `text` may be a draft that nobody has sent: nothing of it is kept on disk.
        """
        if not text.strip():
            return [None] * len(digests)
        others = self.vectors.of_keys([bytes.fromhex(digest) for digest in digests])
        (found,) = similarities(self._asked(text), others, self.curve).tolist()
        return [None if value != value else value for value in found]  # noqa: PLR0124 - NaN

    def directions(self, texts: Sequence[str], centre: Array | None = None) -> Array:
        """Return vectors of length 1 whose products are about 0 for texts without a relation.

        What all texts have in common is taken off: `centre`, or the mean of the unrelated ones
        below. Shape (n_texts, dimensions); a row of zeros where a text is empty or has no vector
        yet.
        """
        common = self._centre if centre is None else centre
        rows = np.nan_to_num(_told(self.vectors.of(texts)) - common)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        found: Array = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
        return found


def _told(rows: Array) -> Array:
    return np.where(np.any(rows, axis=1, keepdims=True), rows, np.float32(np.nan))


UNRELATED = (
    "高镍正极材料的残锂控制技术",
    "柑橘采摘机器人末端执行器",
    "泡菜低盐发酵菌种选育",
    "页岩气井下压裂工具",
    "城市污水深度脱氮工艺",
    "碳化硅功率器件封装",
    "肺结节影像辅助诊断系统",
    "钢结构桥梁疲劳监测",
    "仔猪腹泻疫苗",
    "工业废水中重金属的吸附",
    "高速列车制动盘铸造",
    "中药挥发油提取设备",
    "无人机航测三维建模",
    "玻璃纤维增强尼龙",
    "银行信贷风险评分模型",
    "激光雷达点云识别",
    "公司生产瓦楞纸箱，印刷工序套色不准，废品率偏高，希望找到在线检测套印偏差并自动校正的办法，不影响现有车速。",
    "养殖场冬季水温偏低，鲟鱼苗成活率不足六成，需要节能的循环水加热与增氧方案，并能远程查看水质。",
    "我们为汽车厂供应铝合金压铸件，内部气孔导致加工后漏气，寻求真空压铸工艺和模具排气设计方面的合作。",
    "老旧小区电梯运行噪声大，业主投诉较多，希望在不更换主机的前提下降低振动和噪声，改造期间不停梯。",
    "企业拥有十万亩竹林，竹材利用率低，想开发高附加值的竹纤维复合板，甲醛释放量要达到最高环保等级。",
    "医院检验科每天处理大量血样，人工分拣容易出错，需要体积小、可与现有信息系统对接的自动分拣装置。",
    "白酒酿造产生的丢糟堆放后有异味，处理费用高，希望转化为饲料或有机肥，日处理量不低于五十吨。",
    "光伏电站分布在高原，组件积灰和热斑使发电量下降，需要耐低温、少用水的清扫机器人与故障诊断算法。",
    "隧道施工中遇到高地应力软岩大变形，支护频繁开裂，寻求新型让压锚杆和变形预测方法。",
    "茶叶加工靠师傅经验判断火候，批次之间香气差异明显，想用传感器与模型控制杀青和烘焙过程。",
    "化工园区储罐多，现有气体报警误报率高，希望用光谱成像方法发现微量泄漏并定位泄漏点。",
    "纺织厂染色用水量大，废水色度难以达标，需要少水染色技术或能回用染液的膜分离设备。",
    "物流中心包裹形状不一，机械手抓取成功率低，想提高视觉识别与柔性抓手对软包的适应能力。",
    "公司研发儿童退热口服制剂，苦味明显，患儿依从性差，寻求掩味微囊技术，要求溶出度不受影响。",
    "水电站泄洪消能区混凝土冲刷磨损严重，修补材料一两年就脱落，需要抗冲磨、可水下施工的新材料。",
    "软件公司为中小学提供作业批改服务，手写数学算式识别率不高，希望引入更好的识别模型和纠错方法。",
)
"""16 titles and 16 descriptions, no two about the same thing."""
