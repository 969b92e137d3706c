"""The five platforms of the demo: each one's words for what an emulated shop holds."""

from plugins.demo.platforms import douyin, jd, pinduoduo, taobao, xiaohongshu
from plugins.demo.platforms.stand import Stand

STANDS: dict[str, Stand] = {
    "taobao": taobao.STAND,
    "jd": jd.STAND,
    "pinduoduo": pinduoduo.STAND,
    "douyin": douyin.STAND,
    "xiaohongshu": xiaohongshu.STAND,
}
